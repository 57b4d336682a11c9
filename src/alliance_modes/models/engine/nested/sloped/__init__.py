"""Generalised models with random slopes that nest, by the gradient of Laplace's approximation."""
