"""The way in: the learner's copies, JupyterLab, what the machine can do, how far one has come.

Floor 7 of the house: what the command ``gan-lessons`` does. Nothing is imported here, so that a
Python without torch can say that it lacks it. Introduced in lesson 00.
"""
