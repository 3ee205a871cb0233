"""Go's `text/template` with the functions that Argo CD gives to ApplicationSets.

In come a template's text and JSON data, out comes text or an error with the line of the template.
This room does not know what is rendered; it never reads a clock, a random source, the environment or the network.
"""
