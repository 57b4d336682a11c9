"""The commands of ``alliance-modes``, by what a person is about to do."""
