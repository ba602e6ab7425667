// The kernels of ops/cuda.rs, which NVRTC compiles for the GPU at hand. Matrices are row-major and contiguous.

// A thread's share of a row is summed over its warp; every lane gets the sum. Warps are a row each, so that no block has to wait.
__device__ float warp_sum(float value) {
    for (int distance = 16; distance > 0; distance /= 2) value += __shfl_xor_sync(0xffffffff, value, distance);
    return value;
}

// The number of this thread's element, and of its warp's row.
__device__ size_t element() { return size_t(blockIdx.x) * blockDim.x + threadIdx.x; }
__device__ size_t warp_row() { return element() / 32; }
__device__ unsigned lane() { return threadIdx.x % 32; }

// x (rows, width) + bias in each row.
extern "C" __global__ void add_bias(size_t count, const float *x, const float *bias, float *y, unsigned width) {
    size_t i = element();
    if (i < count) y[i] = x[i] + bias[i % width];
}

// y (chunks, width) = the sums of so many rows of x (rows, width) at a time.
extern "C" __global__ void sum_chunks(
    size_t count, const float *x, float *y, unsigned rows, unsigned width, unsigned chunk) {
    size_t i = element();
    if (i >= count) return;
    unsigned column = i % width, first = i / width * chunk, end = min(first + chunk, rows);
    float sum = 0.0f;
    for (unsigned row = first; row < end; row++) sum += x[size_t(row) * width + column];
    y[i] = sum;
}

// y[i] = x[i]² + x[i + count]² + …
extern "C" __global__ void sum_squares(size_t count, const float *x, float *y, unsigned length) {
    size_t i = element();
    if (i >= count) return;
    float sum = 0.0f;
    for (size_t j = i; j < length; j += count) sum += x[j] * x[j];
    y[i] = sum;
}

// As kernels::dropout has it, so that a run's masks are those of the processor.
__device__ unsigned hash(unsigned first_half, unsigned second_half, unsigned h) {
    for (int round = 0; round < 2; round++) {
        h ^= round == 0 ? first_half : second_half;
        h ^= h >> 16;
        h *= 0x7feb352du;
        h ^= h >> 15;
        h *= 0x846ca68bu;
        h ^= h >> 16;
    }
    return h;
}

extern "C" __global__ void dropout(
    size_t count, const float *x, float *y, unsigned first_half, unsigned second_half, unsigned threshold, float scale) {
    size_t i = element();
    if (i >= count) return;
    y[i] = hash(first_half, second_half, unsigned(i)) >= threshold ? x[i] * scale : 0.0f;
}

// y[i] = the sum of the rows of x that members[starts[i]..starts[i + 1]] names.
extern "C" __global__ void sum_rows(
    size_t count, const float *x, float *y, const unsigned *starts, const unsigned *members, unsigned width) {
    size_t i = element();
    if (i >= count) return;
    size_t row = i / width, column = i % width;
    float sum = 0.0f;
    for (unsigned member = starts[row]; member < starts[row + 1]; member++) sum += x[size_t(members[member]) * width + column];
    y[i] = sum;
}

struct Moments { float mean, reciprocal; };

// The mean of a row and the reciprocal of its standard deviation.
__device__ Moments moments(const float *x, unsigned width, float epsilon) {
    float sum = 0.0f;
    for (unsigned i = lane(); i < width; i += 32) sum += x[i];
    float mean = warp_sum(sum) / width;
    float squares = 0.0f;
    for (unsigned i = lane(); i < width; i += 32) squares += (x[i] - mean) * (x[i] - mean);
    return {mean, 1.0f / sqrtf(warp_sum(squares) / width + epsilon)};
}

extern "C" __global__ void layer_norm(
    size_t rows, const float *x, const float *weight, const float *bias, float *y, unsigned width, float epsilon) {
    size_t row = warp_row();
    if (row >= rows) return;
    x += row * width;
    y += row * width;
    Moments of = moments(x, width, epsilon);
    for (unsigned i = lane(); i < width; i += 32) y[i] = (x[i] - of.mean) * of.reciprocal * weight[i] + bias[i];
}

// Two matrices, one after the other: the gradient of x, and what each row adds to the gradient of the weight.
extern "C" __global__ void layer_norm_gradient(
    size_t rows, const float *x, const float *weight, const float *gradient, float *gradients, unsigned width, float epsilon) {
    size_t row = warp_row();
    if (row >= rows) return;
    x += row * width;
    gradient += row * width;
    float *x_gradient = gradients + row * width;
    float *weight_gradient = gradients + (rows + row) * width;
    Moments of = moments(x, width, epsilon);
    float sum = 0.0f, product = 0.0f;
    for (unsigned i = lane(); i < width; i += 32) {
        float normalised = (x[i] - of.mean) * of.reciprocal;
        weight_gradient[i] = gradient[i] * normalised;
        sum += gradient[i] * weight[i];
        product += gradient[i] * weight[i] * normalised;
    }
    sum = warp_sum(sum) / width;
    product = warp_sum(product) / width;
    for (unsigned i = lane(); i < width; i += 32) {
        float normalised = (x[i] - of.mean) * of.reciprocal;
        x_gradient[i] = of.reciprocal * (gradient[i] * weight[i] - sum - normalised * product);
    }
}

// x·Φ(x).
extern "C" __global__ void gelu(size_t count, const float *x, float *y) {
    size_t i = element();
    if (i < count) y[i] = x[i] * normcdff(x[i]);
}

// g·(Φ(x) + x·φ(x)).
extern "C" __global__ void gelu_gradient(size_t count, const float *x, const float *gradient, float *x_gradient) {
    size_t i = element();
    if (i >= count) return;
    float density = 0.3989422804f * expf(-0.5f * x[i] * x[i]);
    x_gradient[i] = gradient[i] * (normcdff(x[i]) + x[i] * density);
}

// One of Adam's moments moved by the gradient, or by its square.
extern "C" __global__ void adam_moment(
    size_t count, float *moment, const float *gradients, float beta, float gradient_scale, unsigned is_second) {
    size_t i = element();
    if (i >= count) return;
    float gradient = gradient_scale * gradients[i];
    moment[i] = beta * moment[i] + (1.0f - beta) * (is_second ? gradient * gradient : gradient);
}

// And the parameters by both moments; `adaptive` is 0 where the step is plain momentum.
extern "C" __global__ void adam_parameters(
    size_t count, float *parameters, const float *first, const float *second, float rate, float adaptive, float epsilon,
    float decay) {
    size_t i = element();
    if (i >= count) return;
    float direction = adaptive == 0.0f ? first[i] : adaptive * first[i] / (sqrtf(second[i]) + epsilon);
    parameters[i] = decay * parameters[i] - rate * direction;
}
