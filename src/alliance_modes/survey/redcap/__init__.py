"""REDCap's data dictionary: its rows, and the rules that REDCap documents for them."""
