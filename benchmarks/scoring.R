# Rscript scoring.R FOLDER ROWS ITEMS: scores of FOLDER/answers.bin (row by row) by FOLDER/keys.csv
# with psych; writes FOLDER/scores.bin (scale by scale, as means) and prints the seconds as JSON.
suppressPackageStartupMessages(library(psych))
given <- commandArgs(trailingOnly = TRUE)
rows <- as.integer(given[2]); items <- as.integer(given[3])
answers <- matrix(readBin(file.path(given[1], "answers.bin"), "double", rows * items), rows, items, byrow = TRUE)
answers[is.nan(answers)] <- NA
colnames(answers) <- paste0("wai_36_", seq_len(items))
lines <- strsplit(readLines(file.path(given[1], "keys.csv")), ",")
keys <- lapply(lines, function(line) {
  numbers <- as.integer(line[-1])
  paste0(ifelse(numbers < 0, "-", ""), colnames(answers)[abs(numbers)])
})
names(keys) <- vapply(lines, `[`, "", 1)
whole <- system.time(full <- scoreItems(keys, answers, impute = "none", min = 1, max = 7))
fast <- system.time(quick <- scoreFast(keys, answers, impute = "none", min = 1, max = 7))
writeBin(as.vector(full$scores[, names(keys)]), file.path(given[1], "scores.bin"))
cat(sprintf(
  '{"scoreItems_seconds": %.2f, "scoreItems_cpu_seconds": %.2f, "scoreFast_seconds": %.2f, "scoreFast_cpu_seconds": %.2f, "psych": "psych %s, R %s"}\n',
  whole[["elapsed"]], whole[["user.self"]] + whole[["sys.self"]],
  fast[["elapsed"]], fast[["user.self"]] + fast[["sys.self"]],
  packageVersion("psych"), paste(R.version$major, R.version$minor, sep = ".")))
