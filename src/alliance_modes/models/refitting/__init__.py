"""The same model fitted again: simulated under the null, or without a practitioner or site."""
