"""Second engines of which a run may or may not have one: R's lme4 beside glmm."""
