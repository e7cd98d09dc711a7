# Fits the path of a Lasso by glmnet, for bench/peers.ts, and says {"seconds", "converged"} of the fit alone:
#
#     glmnet.R version
#     glmnet.R LAMBDA_MAX LAMBDA STEPS THRESH DATA MODEL
#
# DATA is LIBSVM text. MODEL gets the intercept and the weights at LAMBDA, the last of the path, one a line.
suppressPackageStartupMessages(library(glmnet))

arguments <- commandArgs(trailingOnly = TRUE)
if (arguments[1] == "version") {
  cat(as.character(packageVersion("glmnet")), "\n")
  quit()
}
numbers <- as.numeric(arguments[1:4])
rows <- strsplit(readLines(arguments[5]), " ")
pairs <- strsplit(unlist(lapply(rows, function(row) row[-1])), ":")
x <- sparseMatrix(
  i = rep(seq_along(rows), lengths(rows) - 1),
  j = as.integer(vapply(pairs, `[`, "", 1)),
  x = as.numeric(vapply(pairs, `[`, "", 2))
)
y <- as.numeric(vapply(rows, `[`, "", 1))
lambda <- exp(seq(log(numbers[1]), log(numbers[2]), length.out = numbers[3]))
glmnet.control(fdev = 0) # the whole path, however little its end gains
seconds <- system.time(
  fitted <- suppressWarnings(glmnet(x, y, lambda = lambda, standardize = FALSE, thresh = numbers[4], maxit = 1e6))
)[["elapsed"]]
last <- ncol(fitted$beta)
writeLines(sprintf("%.17g", c(fitted$a0[last], fitted$beta[, last])), arguments[6])
cat(sprintf('{"seconds": %.6f, "converged": %s}\n', seconds, if (last == numbers[3]) "true" else "false"))
