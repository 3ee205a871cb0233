"""What was meant against what is: the differences that count, and only those.

In come a plan's objects and live ones, out go findings and each application's state.
This room does not know how to reach a cluster nor how anything is printed.
"""
