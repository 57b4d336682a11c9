# The values of test_nested_quadrature.py: logistic and Poisson models with random intercepts that nest, by
# maximum likelihood with the integrals on a dense grid. No package is needed.
#
#     Rscript tests/reference/nested_quadrature.R
#
# Some minutes (R 4.2). The rows are made by arithmetic, here and in the test, so that both have the same.
options(digits = 12)

part <- function(x) x - floor(x)
noise <- function(i, seed) part(sin(i * 12.9898 + seed * 78.233) * 43758.5453)  # 0-1, the same in every language

row <- 0:239
site <- row %/% 24; practitioner <- row %/% 8; group <- row %/% 4
x <- round(2 * noise(row, 1) - 1, 3)
eta <- 0.3 + 0.8 * x + 2 * (noise(site, 2) - .5) + 3 * (noise(practitioner, 3) - .5) + 3 * (noise(group, 4) - .5)
event <- as.numeric(noise(row, 5) < plogis(eta))
count <- floor(3 * noise(row, 6) * exp(eta / 2))

grid <- seq(-7, 7, by = .2)  # trapezoids: the integrand and all its slopes are nothing at both ends
weight <- dnorm(grid) * .2

# log-likelihood of units that nest: `levels` outermost first, `sds` of their effects
loglik <- function(density, fixed, levels, sds) {
  value <- function(rows, level, eta) {
    if (level > length(levels)) return(sum(density(rows, eta)))
    units <- split(rows, levels[[level]][rows])
    sum(vapply(units, function(inner) {
      if (level == length(levels)) {
        # the innermost: rows x grid at once
        at <- outer(eta[match(inner, rows)], sds[level] * grid, `+`)
        found <- colSums(matrix(density(rep(inner, length(grid)), as.vector(at)), length(inner)))
      } else {
        found <- vapply(grid, function(u) value(inner, level + 1, eta[match(inner, rows)] + sds[level] * u), 0)
      }
      largest <- max(found)
      largest + log(sum(weight * exp(found - largest)))
    }, 0))
  }
  value(seq_along(fixed), 1, fixed)
}
bernoulli <- function(rows, eta) dbinom(event[rows], 1, plogis(eta), log = TRUE)
poisson <- function(rows, eta) dpois(count[rows], exp(eta), log = TRUE)

best <- function(density, levels) {
  minus <- function(p) -loglik(density, p[1] + p[2] * x, levels, p[-(1:2)])
  found <- nlminb(c(.3, .5, rep(.5, length(levels))), minus, lower = c(-Inf, -Inf, rep(0, length(levels))),
                  control = list(rel.tol = 1e-13, x.tol = 1e-9))
  hessian <- optimHess(found$par, minus, control = list(ndeps = rep(1e-3, length(found$par))))
  cat(found$convergence, -found$objective, "\n ", found$par, "\n ", sqrt(diag(solve(hessian)))[1:2], "\n")
}
best(bernoulli, list(practitioner, group))
best(poisson, list(practitioner, group))
at <- c(.3, .8, .6, .9, .7)
cat(loglik(bernoulli, at[1] + at[2] * x, list(site, practitioner, group), at[3:5]), "\n")
