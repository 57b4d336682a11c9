"""What a report says, before it is put in words: counts, means and estimates, each as an edition shows it."""
