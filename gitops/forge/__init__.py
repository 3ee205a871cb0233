"""What a server of Git offers beside Git: comments, statuses of commits, pull requests.

In come a place on a server and what is to be there, out comes what is there now.
This room does not know what is said in a comment or why a pull request is opened.
"""
