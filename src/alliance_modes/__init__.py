"""Alliance Modes: from questionnaire and programme data to estimates and reports.

Links how practitioners of offending behaviour programmes work (educative, engagement and
therapeutic mode) to the working alliance (goal, task, bond), engagement and completion.
"""

__version__ = "0.1.0"
