"""A study's survey, written from its instruments, and the ``cohort.yaml`` that reads what comes back.

``forms.survey_of`` makes a ``form.Survey``: frozen values that say what is asked of whom, in every language,
and which canonical column or item each answer is. Nothing in it belongs to a tool.

A tool is one module of ``targets/`` with one ``target.Target``, and a line in ``targets/registry.py``:

* ``write(survey)`` gives the tool's files: name -> bytes, the same for the same survey;
* ``export(survey, form)`` gives an ``Export``: under which name and in which format the answers to this
  form come back, what each question's column is called, and which cells stand for each choice. Start from
  ``target.plain_export``, which says that columns are called as questions, that cells are codes or labels
  of any language of the survey, and that headers may be texts of questions; change what the tool does
  otherwise.

``declaration.cohort_text`` makes ``cohort.yaml`` from the survey and these exports alone. The test of a
target draws answers (``tests/unit/survey_answers.py``), lays them out as the tool's export does, and
compares the typed tables.
"""
