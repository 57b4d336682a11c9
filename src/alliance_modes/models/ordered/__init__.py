"""Ordered outcomes: cumulative logit mixed models, which the engine does not fit."""
