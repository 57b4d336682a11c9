"""Tables of shares and of means, as the sections of the programme report show them."""
