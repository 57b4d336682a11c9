# The R side of r_same_work.py: processor seconds by step, in seconds.csv of the folder that it is given.
suppressMessages({library(lme4); library(lmerTest); library(pbkrtest); library(mice)})
given <- commandArgs(trailingOnly = TRUE)
folder <- given[1]; part <- as.integer(given[2]); draws <- as.integer(given[3]); sets <- as.integer(given[4])
outcomes <- jsonlite::fromJSON(file.path(folder, "outcomes.json"))
spent <- c()

timed <- function(step, code, times = 1) {
  begun <- sum(proc.time()[1:2])
  made <- suppressMessages(suppressWarnings(force(code)))
  spent[step] <<- sum(spent[step], (sum(proc.time()[1:2]) - begun) * times, na.rm = TRUE)
  invisible(made)
}

fit <- function(one, rows, formula = one$formula) {
  if (one$linear) return(lmerTest::lmer(as.formula(formula), rows, REML = TRUE))
  glmer(as.formula(formula), rows, family = binomial(one$link), control = glmerControl(optimizer = "bobyqa"))
}

rows_of <- function(one) {
  rows <- read.csv(file.path(folder, one$file))
  for (name in grep("^level_", names(rows), value = TRUE)) rows[[name]] <- factor(rows[[name]])
  rows
}

some <- function(all) all[seq_len(min(part, length(all)))]

for (place in seq_len(nrow(outcomes))) {
  one <- as.list(outcomes[place, ]); rows <- rows_of(one)
  made <- timed("models", {
    made <- fit(one, rows); summary(made)
    if (one$linear && one$primary) lmerTest::contestMD(made, diag(length(fixef(made)))[2:4, ], ddf = "Kenward-Roger")
    made
  })
  if (one$left_out) for (unit in c("level_practitioner", "level_site")) {
    levels <- unique(rows[[unit]])
    timed("leaving out", for (level in some(levels)) {
      less <- droplevels(rows[rows[[unit]] != level, ])
      again <- fit(one, less)
      if (one$linear) summary(again)
    }, length(levels) / length(some(levels)))
  }
  if (one$drawn) timed("bootstrap", {
    null <- fit(one, rows, one$null)
    for (new in simulate(null, min(part, draws), seed = 1)) {
      refit(null, new); refit(made, new)
    }
  }, draws / min(part, draws))
  if (one$imputed) timed("imputation", for (set in seq_len(min(part, sets))) summary(fit(one, rows)), sets / min(part, sets))
  if (one$tipping) timed("tipping", for (set in seq_len(part)) fit(one, rows), 52 / part)
}

enrolments <- read.csv(file.path(folder, "enrolments.csv"))
models <- 3
timed("imputation", mice(enrolments, m = min(part, sets), maxit = 5, method = "pmm", printFlag = FALSE, seed = 1),
      models * sets / min(part, sets))
write.csv(data.frame(step = names(spent), seconds = spent), file.path(folder, "seconds.csv"), row.names = FALSE)
