"""``alliance-modes withdraw``: a person is taken out, results are made again, what is left is sought."""
