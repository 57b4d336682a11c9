# One mixed model through lme4. Argument: a folder with rows.csv and question.txt (lines key=value);
# the answer is answer.csv there, with the columns kind, name, value. Base R and lme4 alone.
folder <- commandArgs(trailingOnly = TRUE)[1]
lines <- readLines(file.path(folder, "question.txt"))
question <- as.list(sub("^[^=]*=", "", lines))
names(question) <- sub("=.*$", "", lines)

said <- character(0)
digits <- function(x) sprintf("%.17g", as.numeric(x))
rows <- function(kind, name, value) {
    data.frame(kind = rep(kind, length(value)), name = rep(name, length.out = length(value)), value = value, stringsAsFactors = FALSE)
}
write_answer <- function(...) {
    write.csv(rbind(...), file.path(folder, "answer.csv"), row.names = FALSE)
}

answer <- function() {
    data <- read.csv(file.path(folder, "rows.csv"))
    for (name in grep("^level_", names(data), value = TRUE)) data[[name]] <- factor(data[[name]])
    formula <- as.formula(question$formula)
    begun <- proc.time()
    fit <- if (question$link == "identity") {
        lme4::lmer(formula, data, REML = question$reml == "yes",
                   control = lme4::lmerControl(optimizer = "bobyqa", optCtrl = list(maxfun = 2e5)))
    } else {
        lme4::glmer(formula, data, family = do.call(question$distribution, list(link = question$link)), nAGQ = as.integer(question$nodes),
                    control = lme4::glmerControl(optimizer = "bobyqa", optCtrl = list(maxfun = 2e5)))
    }
    taken <- proc.time() - begun
    variances <- as.data.frame(lme4::VarCorr(fit))
    variances <- variances[is.na(variances$var2), ]
    term <- ifelse(is.na(variances$var1), "", variances$var1)
    write_answer(
        rows("info", "converged", if (fit@optinfo$conv$opt == 0) "yes" else "no"),
        rows("info", "singular", if (lme4::isSingular(fit)) "yes" else "no"),
        rows("info", "loglik", digits(logLik(fit))),
        rows("info", "rows", digits(nobs(fit))),
        rows("info", "cpu_seconds", digits(taken[["user.self"]] + taken[["sys.self"]])),
        rows("beta", names(lme4::fixef(fit)), digits(lme4::fixef(fit))),
        rows("se", names(lme4::fixef(fit)), digits(sqrt(diag(as.matrix(vcov(fit)))))),
        rows("variance", paste(variances$grp, term, sep = ":"), digits(variances$vcov)),
        rows("warning", "", said)
    )
}

withCallingHandlers(
    tryCatch(answer(), error = function(e) write_answer(rows("info", "error", conditionMessage(e)))),
    warning = function(w) {
        said <<- c(said, conditionMessage(w))
        invokeRestart("muffleWarning")
    }
)
