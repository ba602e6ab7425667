// Attention within each text of a packed batch, after kernels.cu. Nothing of the size of a text squared is ever in memory, and no thread
// waits for another: each has one row of one head and goes through the rows of its text, which all lanes of its warp read at once. Heads
// are one after the other, so that neighbouring threads are neighbouring rows. The softmax is made as it goes (Milakov & Gimelshein 2018) and, in the
// backward pass, again from the logarithm of its sum (FlashAttention: Dao et al. 2022).

// A head's part of a row: WIDTH numbers, which is a multiple of 4.
struct Part {
    float4 fours[WIDTH / 4];

    __device__ Part() {
        for (unsigned i = 0; i < WIDTH / 4; i++) fours[i] = {0.0f, 0.0f, 0.0f, 0.0f};
    }

    __device__ Part(const float *from) {
        for (unsigned i = 0; i < WIDTH / 4; i++) fours[i] = reinterpret_cast<const float4 *>(from)[i];
    }

    __device__ float dot(const Part &other) const {
        float4 sums = {0.0f, 0.0f, 0.0f, 0.0f};
        for (unsigned i = 0; i < WIDTH / 4; i++) {
            sums.x += fours[i].x * other.fours[i].x;
            sums.y += fours[i].y * other.fours[i].y;
            sums.z += fours[i].z * other.fours[i].z;
            sums.w += fours[i].w * other.fours[i].w;
        }
        return (sums.x + sums.y) + (sums.z + sums.w);
    }

    __device__ void add(float factor, const Part &other) {
        for (unsigned i = 0; i < WIDTH / 4; i++) {
            fours[i].x += factor * other.fours[i].x;
            fours[i].y += factor * other.fours[i].y;
            fours[i].z += factor * other.fours[i].z;
            fours[i].w += factor * other.fours[i].w;
        }
    }

    __device__ void scale(float factor) {
        for (unsigned i = 0; i < WIDTH / 4; i++) {
            fours[i].x *= factor;
            fours[i].y *= factor;
            fours[i].z *= factor;
            fours[i].w *= factor;
        }
    }

    __device__ void store(float *to) const {
        for (unsigned i = 0; i < WIDTH / 4; i++) reinterpret_cast<float4 *>(to)[i] = fours[i];
    }
};

// What a thread has: row `row` of all, in the text of `length` rows from `first` on.
struct Place {
    unsigned head, row, first, length;
    // Of the dropout of this head's probabilities.
    unsigned first_half, second_half;
    // A row's width, and where this row and the text's first one have the head's part.
    unsigned hidden;
    size_t own, others;
};

__device__ Place place(
    size_t i, unsigned rows, unsigned heads, const unsigned *texts, const unsigned *offsets, const unsigned *keys) {
    unsigned head = i / rows, row = i % rows, text = texts[row];
    unsigned part = text * heads + head;
    unsigned first = offsets[text], length = offsets[text + 1] - first, hidden = heads * WIDTH;
    size_t column = head * WIDTH, own = size_t(row) * hidden + column, others = size_t(first) * hidden + column;
    return {head, row, first, length, keys[2 * part], keys[2 * part + 1], hidden, own, others};
}

// What dropout multiplies a probability by.
__device__ float survival(const Place &at, unsigned query, unsigned key, unsigned threshold, float survivor) {
    bool survives = threshold == 0 || hash(at.first_half, at.second_half, query * at.length + key) >= threshold;
    return survives ? survivor : 0.0f;
}

// dropout(softmax(scale · q · kᵀ)) · v for each head.
extern "C" __global__ void attention(
    size_t count, const float *queries, const float *keys, const float *values, float *y, const unsigned *texts,
    const unsigned *offsets, const unsigned *mask_keys, unsigned heads, float scale, unsigned threshold, float survivor) {
    size_t i = element();
    if (i >= count) return;
    Place at = place(i, count / heads, heads, texts, offsets, mask_keys);
    size_t other = at.others;
    Part query(queries + at.own), sums;
    float highest = -__int_as_float(0x7f800000), sum = 0.0f;
    for (unsigned key = 0; key < at.length; key++, other += at.hidden) {
        float score = scale * query.dot(Part(keys + other));
        if (score > highest) {
            float shrunk = expf(highest - score);
            sum *= shrunk;
            sums.scale(shrunk);
            highest = score;
        }
        float probability = expf(score - highest);
        sum += probability;
        sums.add(probability * survival(at, at.row - at.first, key, threshold, survivor), Part(values + other));
    }
    sums.scale(1.0f / sum);
    sums.store(y + at.own);
}

// Two numbers for each head and row, all of the first before all of the second: the logarithm of the softmax's sum, and how much of the
// gradient of y lies along y.
extern "C" __global__ void attention_statistics(
    size_t count, const float *queries, const float *keys, const float *y, const float *gradient, float *statistics,
    const unsigned *texts, const unsigned *offsets, const unsigned *mask_keys, unsigned heads, float scale) {
    size_t i = element();
    if (i >= count) return;
    Place at = place(i, count / heads, heads, texts, offsets, mask_keys);
    size_t other = at.others;
    Part query(queries + at.own);
    float highest = -__int_as_float(0x7f800000), sum = 0.0f;
    for (unsigned key = 0; key < at.length; key++, other += at.hidden) {
        float score = scale * query.dot(Part(keys + other));
        float before = highest;
        highest = fmaxf(highest, score);
        sum = sum * expf(before - highest) + expf(score - highest);
    }
    statistics[i] = highest + logf(sum);
    statistics[count + i] = Part(y + at.own).dot(Part(gradient + at.own));
}

extern "C" __global__ void attention_query_gradient(
    size_t count, const float *queries, const float *keys, const float *values, const float *gradient,
    const float *statistics, float *query_gradient, const unsigned *texts, const unsigned *offsets, const unsigned *mask_keys,
    unsigned heads, float scale, unsigned threshold, float survivor) {
    size_t i = element();
    if (i >= count) return;
    Place at = place(i, count / heads, heads, texts, offsets, mask_keys);
    size_t other = at.others;
    Part query(queries + at.own), upstream(gradient + at.own), sums;
    float log_sum = statistics[i], along = statistics[count + i];
    for (unsigned key = 0; key < at.length; key++, other += at.hidden) {
        Part key_part(keys + other);
        float probability = expf(scale * query.dot(key_part) - log_sum);
        float factor = survival(at, at.row - at.first, key, threshold, survivor);
        sums.add(scale * probability * (factor * upstream.dot(Part(values + other)) - along), key_part);
    }
    sums.store(query_gradient + at.own);
}

// Two matrices, one after the other: the gradients of keys and values.
extern "C" __global__ void attention_key_value_gradients(
    size_t count, const float *queries, const float *keys, const float *values, const float *gradient,
    const float *statistics, float *gradients, const unsigned *texts, const unsigned *offsets, const unsigned *mask_keys,
    unsigned heads, float scale, unsigned threshold, float survivor) {
    size_t i = element();
    if (i >= count) return;
    unsigned rows = count / heads;
    Place at = place(i, rows, heads, texts, offsets, mask_keys);
    size_t other = at.others;
    Part key(keys + at.own), value(values + at.own), key_sums, value_sums;
    const float *log_sums = statistics + size_t(at.head) * rows + at.first, *along = log_sums + count;
    for (unsigned query = 0; query < at.length; query++, other += at.hidden) {
        Part query_part(queries + other), upstream(gradient + other);
        float probability = expf(scale * key.dot(query_part) - log_sums[query]);
        float factor = survival(at, query, at.row - at.first, threshold, survivor);
        value_sums.add(factor * probability, upstream);
        key_sums.add(scale * probability * (factor * value.dot(upstream) - along[query]), query_part);
    }
    key_sums.store(gradients + at.own);
    value_sums.store(gradients + size_t(rows) * at.hidden + at.own);
}
