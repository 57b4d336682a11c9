# Two models of tests/reference/test_relations_practitioners.py by lme4 and lmerTest.
#   Rscript relations_practitioners.R <folder>
# reads stacked.csv (both contrasts of every inventory: outcome, second, f1 ... f9, practitioner, enrolment, weights
# in weights.csv by row: contrast, facet, value) and clients.csv (rating, outcome, practitioner) in the folder and
# prints name,value.
suppressMessages({library(lme4); library(lmerTest)})
folder <- commandArgs(trailingOnly = TRUE)[1]
say <- function(name, value) cat(name, ",", format(value, digits = 12), "\n", sep = "")
exact <- lmerControl(optCtrl = list(xtol_abs = 1e-10, ftol_abs = 1e-12, maxeval = 20000))

rows <- read.csv(file.path(folder, "stacked.csv"))
rows$contrast <- factor(rows$second)
facets <- paste0("f", 1:9)
formula <- as.formula(paste("outcome ~ 0 + contrast + contrast:(", paste(facets, collapse = " + "),
                            ") + (0 + contrast | practitioner) + (0 + contrast | enrolment)"))
stacked <- lmer(formula, data = rows, control = exact)
weights <- read.csv(file.path(folder, "weights.csv"))
names <- names(fixef(stacked))
row <- matrix(0, 1, length(names))
row[1, match(paste0("contrast", weights$contrast, ":", weights$facet), names)] <- weights$value
tested <- contest1D(stacked, row[1, ])
say("facets", tested[["Estimate"]])
say("facets_se", tested[["Std. Error"]])
say("facets_df", tested[["df"]])

clients <- read.csv(file.path(folder, "clients.csv"))
rated <- clients[!is.na(clients$rating), ]
means <- lmer(rating ~ 1 + (1 | practitioner), data = rated, control = exact)
known <- ranef(means, condVar = TRUE)$practitioner
between <- as.data.frame(VarCorr(means))$vcov[1]
counts <- table(rated$practitioner)[rownames(known)]
left <- between * (1 - between / (between + sigma(means)^2 / as.numeric(counts)))
place <- known[["(Intercept)"]]
spread <- sqrt(var(place) + mean(left))
centre <- fixef(means)[[1]] + mean(place)
scaled <- setNames((place - mean(place)) / spread, rownames(known))
square <- setNames(scaled^2 + left / spread^2, rownames(known))
clients$usual <- scaled[as.character(clients$practitioner)]
clients$square <- square[as.character(clients$practitioner)]
clients$own <- (clients$rating - centre) / spread - clients$usual
clients$own[is.na(clients$own)] <- 0
curve <- lmer(outcome ~ usual + square + own + (1 | practitioner), data = clients, control = exact)
found <- coef(summary(curve))
for (name in c("usual", "square", "own")) {
  say(name, found[name, "Estimate"])
  say(paste0(name, "_se"), found[name, "Std. Error"])
}
without <- sapply(unique(clients$practitioner), function(one)
  fixef(lmer(formula(curve), data = clients[clients$practitioner != one, ], control = exact)))
people <- ncol(without)
for (name in c("usual", "square"))
  say(paste0(name, "_jackknife"), sqrt((people - 1)^2 / people * var(without[name, ])))
