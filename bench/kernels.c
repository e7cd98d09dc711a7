// The kernels as a C programmer would write them, for bench/kernels.ts, which compiles them with
// gcc -O3 -march=native -fno-math-errno kernels.c -lm and runs
// ./a.out DATA ROUNDS. DATA: u32 rows, columns, entries; u32 pointers[rows + 1], indices[entries];
// f32 values[entries]; f64 labels[rows]; the same transposed: u32 pointers[columns + 1], indices; f32 values.
// Prints a line a kernel: name, nanoseconds per entry (median round), and as checks what it returned and the sum of
// |x| over all it wrote.
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static uint32_t rows, columns, entries;
static uint32_t *pointers, *indices, *column_pointers, *column_indices;
static float *values, *column_values;
static double *labels;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e9 + t.tv_nsec;
}

static double dot_stored(const uint32_t *c, const float *x, uint32_t n, const double *w) {
  double s0 = 0, s1 = 0, s2 = 0, s3 = 0, rest = 0;
  uint32_t k = 0;
  for (; k + 4 <= n; k += 4) {
    s0 += w[c[k]] * x[k];
    s1 += w[c[k + 1]] * x[k + 1];
    s2 += w[c[k + 2]] * x[k + 2];
    s3 += w[c[k + 3]] * x[k + 3];
  }
  for (; k < n; k++) rest += w[c[k]] * x[k];
  return s0 + s1 + (s2 + s3) + rest;
}

static double dot_ones(const uint32_t *c, uint32_t n, const double *w) {
  double s0 = 0, s1 = 0, s2 = 0, s3 = 0, rest = 0;
  uint32_t k = 0;
  for (; k + 4 <= n; k += 4) {
    s0 += w[c[k]];
    s1 += w[c[k + 1]];
    s2 += w[c[k + 2]];
    s3 += w[c[k + 3]];
  }
  for (; k < n; k++) rest += w[c[k]];
  return s0 + s1 + (s2 + s3) + rest;
}

static double margins_stored(const double *w, double *out) {
  for (uint32_t i = 0; i < rows; i++)
    out[i] = dot_stored(indices + pointers[i], values + pointers[i], pointers[i + 1] - pointers[i], w);
  return out[rows - 1];
}

static double margins_ones(const double *w, double *out) {
  for (uint32_t i = 0; i < rows; i++) out[i] = dot_ones(indices + pointers[i], pointers[i + 1] - pointers[i], w);
  return out[rows - 1];
}

static const float inverse_alpha = 10, ridge = 10, lambda1 = 0.01f;

static inline float ftrl_weight(float z, float root) {
  const float excess = fabsf(z) - lambda1;
  return copysignf((excess > 0 ? excess : 0) / (root * inverse_alpha + ridge), -z);
}

// One pass of FTRL-Proximal; {z, n} interleaved; weights and roots of a row are kept for its update.
static double ftrl(float *state, float *scratch) {
  double loss = 0;
  for (uint32_t i = 0; i < rows; i++) {
    const uint32_t *c = indices + pointers[i];
    const float *x = values + pointers[i];
    const uint32_t n = pointers[i + 1] - pointers[i];
    double m = 0;
    for (uint32_t k = 0; k < n; k++) {
      const float *slot = state + 2 * (size_t)c[k];
      const float root = sqrtf(slot[1]), w = ftrl_weight(slot[0], root);
      scratch[2 * k] = w;
      scratch[2 * k + 1] = root;
      m += (double)w * x[k];
    }
    const double e = exp(-fabs(m)), y = labels[i];
    loss += log1p(e) + (y * m < 0 ? fabs(m) : 0);
    const float g = -y * ((y * m < 0 ? 1 : e) / (1 + e));
    for (uint32_t k = 0; k < n; k++) {
      float *slot = state + 2 * (size_t)c[k];
      const float gx = g * x[k], square = slot[1] + gx * gx;
      slot[0] += gx - (sqrtf(square) - scratch[2 * k + 1]) * inverse_alpha * scratch[2 * k];
      slot[1] = square;
    }
  }
  return loss;
}

// One epoch of coordinate descent on the quadratic model; {q, D} interleaved.
static double descend(double *model, const double *curvatures, double *w, double l1) {
  double violation = 0;
  for (uint32_t j = 0; j < columns; j++) {
    const double h = curvatures[j];
    if (h <= 0) continue;
    const uint32_t *r = column_indices + column_pointers[j];
    const float *x = column_values + column_pointers[j];
    const uint32_t n = column_pointers[j + 1] - column_pointers[j];
    double s0 = 0, s1 = 0, s2 = 0, s3 = 0, rest = 0;
    uint32_t k = 0;
    for (; k + 4 <= n; k += 4) {
      s0 += model[2 * (size_t)r[k]] * x[k];
      s1 += model[2 * (size_t)r[k + 1]] * x[k + 1];
      s2 += model[2 * (size_t)r[k + 2]] * x[k + 2];
      s3 += model[2 * (size_t)r[k + 3]] * x[k + 3];
    }
    for (; k < n; k++) rest += model[2 * (size_t)r[k]] * x[k];
    const double v = h * w[j] - (s0 + s1 + (s2 + s3) + rest);
    const double excess = fabs(v) - l1;
    const double step = copysign(excess > 0 ? excess : 0, v) / h - w[j];
    if (step == 0) continue;
    w[j] += step;
    violation += h * fabs(step);
    for (k = 0; k < n; k++) model[2 * (size_t)r[k]] += model[2 * (size_t)r[k] + 1] * (step * x[k]);
  }
  return violation;
}

static int ascending(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static void *read_array(FILE *file, size_t size, size_t count) {
  void *array = malloc(size * count);
  if (!array || fread(array, size, count, file) != count) exit(1);
  return array;
}

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  FILE *file = fopen(argv[1], "rb");
  const int rounds = atoi(argv[2]);
  uint32_t sizes[3];
  if (!file || rounds < 1 || fread(sizes, 4, 3, file) != 3) return 1;
  rows = sizes[0], columns = sizes[1], entries = sizes[2];
  pointers = read_array(file, 4, rows + 1);
  indices = read_array(file, 4, entries);
  values = read_array(file, 4, entries);
  labels = read_array(file, 8, rows);
  column_pointers = read_array(file, 4, columns + 1);
  column_indices = read_array(file, 4, entries);
  column_values = read_array(file, 4, entries);
  fclose(file);

  double *w = malloc(8 * columns), *out = malloc(8 * rows), *model = malloc(16 * rows);
  double *curvatures = calloc(columns, 8), *times = malloc(8 * rounds);
  float *state = malloc(8 * columns), *scratch = malloc(8 * columns);
  for (uint32_t j = 0; j < columns; j++) {
    w[j] = j % 7 - 3.0;
    for (uint32_t k = column_pointers[j]; k < column_pointers[j + 1]; k++)
      curvatures[j] += 0.25 / rows * column_values[k] * column_values[k];
  }
  const char *names[] = {"margins stored", "margins ones", "ftrl stored", "descend stored"};
  for (int kernel = 0; kernel < 4; kernel++) {
    double check = 0;
    for (int round = 0; round < rounds; round++) {
      if (kernel == 2) memset(state, 0, 8 * columns);
      if (kernel == 3) {
        memset(w, 0, 8 * columns);
        for (uint32_t i = 0; i < rows; i++) model[2 * i] = -0.5 * labels[i] / rows, model[2 * i + 1] = 0.25 / rows;
      }
      const double start = now();
      if (kernel == 0) check = margins_stored(w, out);
      if (kernel == 1) check = margins_ones(w, out);
      if (kernel == 2) check = ftrl(state, scratch);
      if (kernel == 3) check = descend(model, curvatures, w, 1e-5);
      times[round] = now() - start;
    }
    qsort(times, rounds, 8, ascending);
    double sum = 0;
    if (kernel < 2)
      for (uint32_t i = 0; i < rows; i++) sum += fabs(out[i]);
    if (kernel == 2)
      for (uint32_t j = 0; j < 2 * columns; j++) sum += fabsf(state[j]);
    if (kernel == 3)
      for (uint32_t j = 0; j < columns; j++) sum += fabs(w[j]);
    printf("%s\t%.4f\t%.17g\t%.17g\n", names[kernel], times[rounds / 2] / entries, check, sum);
  }
}
