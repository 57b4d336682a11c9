"""Practitioners and sites of a fit."""
