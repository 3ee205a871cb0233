"""Stacks driven from outside, through the Automation API.

In come a stack's name, a project folder and a program, out goes what the engine did.
This room does not know what the program registers; it is the only one that speaks `pulumi.automation`.
"""
