"""The same model fitted again: simulated under the null, without a practitioner or site, or by lme4."""
