"""The command line: arguments in, exit code out.

In come words that a person or a pipeline typed, out go text on stdout, reasons on stderr and a number.
This room does not decide anything; it asks the other rooms and prints what they answer.
"""
