"""Drafts ``cohort.yaml`` from raw files: a proposal with reasons, and questions for what it cannot know."""
