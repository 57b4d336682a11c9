"""Forms on paper: pages to print, and the workbook into which answers are entered."""
