"""The reproduction report: which published numbers came out again."""
