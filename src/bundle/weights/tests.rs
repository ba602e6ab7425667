use safetensors::SafeTensors;
use safetensors::tensor::TensorView;

use super::*;

fn stored_and_read(name: &str, tensor: &Tensor, storage: impl Into<Storage>) -> Vec<f32> {
    let bytes = encode([(name.to_owned(), tensor.clone())].into_iter().collect(), storage).unwrap();
    let mut weights = decode(&bytes).unwrap();
    let read = weights.take(name, tensor.dims()).unwrap();
    weights.finish().unwrap();
    read.flatten_all().unwrap().to_vec1().unwrap()
}

#[test]
fn each_precision_keeps_its_digits() {
    let values = [0.1f32, -3.0, 0.0, 1e-4, 500.0, 250.3, 0.0, 0.0, 0.0];
    let tensor = Tensor::from_slice(&values, (3, 3), &Device::Cpu).unwrap();
    assert_eq!(stored_and_read("a.weight", &tensor, Precision::F32), values);
    for (stored, value) in stored_and_read("a.weight", &tensor, Precision::F16).iter().zip(values) {
        assert!((stored - value).abs() <= value.abs() * 5e-4 + 1e-7, "{stored} for {value}");
    }
    let row_scales = [3.0 / 127.0, 500.0 / 127.0, 0.0];
    for (i, (stored, value)) in stored_and_read("a.weight", &tensor, Precision::Int8).iter().zip(values).enumerate() {
        assert!((stored - value).abs() <= row_scales[i / 3] * 0.5001, "{stored} for {value}");
    }
}

#[test]
fn vectors_stay_exact_in_int8() {
    let tensor = Tensor::new(&[0.1f32, -3.3, 1e-9], &Device::Cpu).unwrap();
    assert_eq!(stored_and_read("a.weight", &tensor, Precision::Int8), [0.1, -3.3, 1e-9]);
}

#[test]
fn token_types_stay_exact_in_int8() {
    let tensor = Tensor::new(&[[0.1f32, -3.3], [1e-9, 2.0]], &Device::Cpu).unwrap();
    assert_eq!(stored_and_read(TOKEN_TYPE_EMBEDDINGS, &tensor, Precision::Int8), [0.1, -3.3, 1e-9, 2.0]);
}

#[test]
fn rows_of_integers_stay_those() {
    let matrix = QuantisedMatrix::from_rows(vec![3, -4, 5, 100], vec![0.25, 3.0], 2).unwrap();
    let mut weights = Weights::default();
    weights.insert_quantised("encoder.layer.0.a", matrix.clone()).unwrap();
    let read = decode(&encode(weights, Precision::Int8).unwrap()).unwrap().take_quantised("encoder.layer.0.a", &[2, 2]);
    assert_eq!(read.unwrap().unwrap().into_rows(), matrix.into_rows());
}

#[test]
fn what_is_not_finite_is_not_exported() {
    let tensor = Tensor::new(&[f32::NAN], &Device::Cpu).unwrap();
    let error = encode([("a".to_owned(), tensor)].into_iter().collect(), Precision::Int8).unwrap_err();
    assert!(error.to_string().contains("tensor a has values that are not finite"), "{error}");
}

#[test]
fn what_would_not_be_finite_in_its_precision_is_not_exported() {
    let said = |value: f32, storage: Storage| {
        let values = (0..WEIGHT_GROUP).map(|i| if i == 3 { value } else { 1.0 }).collect();
        let table = Tensor::from_vec(values, (1, WEIGHT_GROUP), &Device::Cpu).unwrap();
        encode([(WORD_EMBEDDINGS.to_owned(), table)].into_iter().collect(), storage)
            .map(|_| ())
            .map_err(|error| error.to_string())
    };
    assert_eq!(said(65504.0, Precision::F16.into()), Ok(()));
    let refused = said(-7e4, Precision::F16.into()).unwrap_err();
    assert!(refused.contains("has values beyond 65504, where 16-bit floats end"), "{refused}");
    assert_eq!(said(f32::MAX, Precision::Int8.into()), Ok(()));
    let int4 = few_bits(EmbeddingPrecision::Int4);
    assert_eq!(said(8.0 * 65504.0, int4), Ok(()));
    let refused = said(8.1 * 65504.0, int4).unwrap_err();
    assert!(refused.contains("has values beyond 524032, where groups of 4 bits end"), "{refused}");
}

/// Rows of words, with values from −1 to 1.
fn table(rows: usize, width: usize) -> Tensor {
    let mut random = fastrand::Rng::with_seed(7);
    let values: Vec<f32> = (0..rows * width).map(|_| 2.0 * random.f32() - 1.0).collect();
    Tensor::from_vec(values, (rows, width), &Device::Cpu).unwrap()
}

fn few_bits(embeddings: EmbeddingPrecision) -> Storage {
    Storage { precision: Precision::Int8, embeddings: Some(embeddings) }
}

#[test]
fn word_vectors_come_back_the_closer_the_more_bits_they_have() {
    let table = table(5, 2 * WEIGHT_GROUP);
    let values: Vec<f32> = table.flatten_all().unwrap().to_vec1().unwrap();
    let furthest = |storage: Storage| {
        let read = stored_and_read(WORD_EMBEDDINGS, &table, storage);
        read.iter().zip(&values).map(|(read, value)| (read - value).abs()).fold(0.0, f32::max)
    };
    let [eight, six, four] = [EmbeddingPrecision::Int8, EmbeddingPrecision::Int6, EmbeddingPrecision::Int4]
        .map(|embeddings| furthest(few_bits(embeddings)));
    assert!(eight < 0.005 && (0.005..0.05).contains(&six) && (0.05..0.25).contains(&four), "{eight} {six} {four}");
}

#[test]
fn what_is_rounded_already_is_stored_as_it_is() {
    for precision in [EmbeddingPrecision::Int8, EmbeddingPrecision::Int6, EmbeddingPrecision::Int4] {
        let weights = [(WORD_EMBEDDINGS.to_owned(), table(40, 2 * WEIGHT_GROUP))].into_iter().collect();
        let mut rounded = with_rounded_embeddings(weights, [40, 2 * WEIGHT_GROUP], precision).unwrap();
        let rounded = rounded.take(WORD_EMBEDDINGS, &[40, 2 * WEIGHT_GROUP]).unwrap();
        let values: Vec<f32> = rounded.flatten_all().unwrap().to_vec1().unwrap();
        let stored = stored_and_read(WORD_EMBEDDINGS, &rounded, few_bits(precision));
        let furthest = stored.iter().zip(&values).map(|(stored, value)| (stored - value).abs()).fold(0.0, f32::max);
        assert!(furthest < 1e-6, "{precision:?}: {furthest:e}");
    }
}

#[test]
fn few_bits_are_for_the_word_vectors_alone() {
    let (words, layer) = (table(3, WEIGHT_GROUP), table(3, WEIGHT_GROUP));
    let weights = [(WORD_EMBEDDINGS.to_owned(), words), ("a.weight".to_owned(), layer)].into_iter().collect();
    let bytes = encode(weights, few_bits(EmbeddingPrecision::Int4)).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let stored = |name: &str| file.tensor(name).map(|tensor| (tensor.dtype(), tensor.shape().to_vec())).unwrap();
    assert_eq!(stored(WORD_EMBEDDINGS), (Dtype::U8, vec![3, 1, 16]));
    assert_eq!(stored("embeddings.word_embeddings.weight.scale"), (Dtype::F16, vec![3, 1]));
    assert_eq!(stored("a.weight"), (Dtype::I8, vec![3, WEIGHT_GROUP]));
}

#[test]
fn layers_are_stored_as_products_read_them() {
    let name = "encoder.layer.0.output.dense.weight";
    let layer = table(24, 160);
    let bytes = encode([(name.to_owned(), layer.clone())].into_iter().collect(), Precision::Int8).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let stored = |suffix: &str| {
        let tensor = file.tensor(&format!("{name}{suffix}")).unwrap();
        (tensor.dtype(), tensor.shape().to_vec())
    };
    assert_eq!(stored(""), (Dtype::I8, vec![3, 40, 8, 4]));
    assert_eq!(stored(SUMS), (Dtype::I16, vec![3, 2, 8]));
    assert_eq!(stored(SCALE), (Dtype::F32, vec![24]));

    // As rows, and read as they are.
    let values: Vec<f32> = layer.flatten_all().unwrap().to_vec1().unwrap();
    let (integers, scales) = quantise_rows(&values, 160);
    let rounded = integers.iter().enumerate().map(|(i, &integer)| f32::from(integer) * scales[i / 160]);
    assert_eq!(stored_and_read(name, &layer, Precision::Int8), rounded.collect::<Vec<_>>());
    // What does not divide stays in rows.
    let odd = table(24, 150);
    let bytes = encode([(name.to_owned(), odd)].into_iter().collect(), Precision::Int8).unwrap();
    assert_eq!(SafeTensors::deserialize(&bytes).unwrap().tensor(name).unwrap().shape(), [24, 150]);
}

/// A file of `tensors`, as [`decode`] reads it.
fn read(tensors: Vec<(String, Stored)>) -> Result<(), String> {
    let bytes = safetensors::serialize(tensors, None::<HashMap<_, _>>).unwrap();
    decode(&bytes).map(|_| ()).map_err(|error| error.to_string())
}

#[test]
fn scales_and_sums_without_integers_are_refused_as_any_other_tensor() {
    let scale = |name: &str| (name.to_owned(), Stored::f32(&[1.0], vec![1]));
    let integers = |dtype| ("a".to_owned(), Stored { dtype, shape: vec![1, 1], bytes: vec![3] });
    assert_eq!(read(vec![integers(Dtype::I8), scale("a.scale")]), Ok(()));
    // A vector that happens to be called so is a tensor like any other, for which no model has a use.
    let bytes = safetensors::serialize([scale("b.scale")], None::<HashMap<_, _>>).unwrap();
    let left = decode(&bytes).unwrap().finish().unwrap_err().to_string();
    assert!(left.contains("have the tensor b.scale, for which the model has no use"), "{left}");
    let sums = ("a.sums".to_owned(), Stored { dtype: Dtype::I16, shape: vec![1], bytes: vec![0; 2] });
    let refused = read(vec![integers(Dtype::I8), scale("a.scale"), sums]).unwrap_err();
    assert!(refused.contains("tensor a.sums is of type I16, which is not supported"), "{refused}");
}

#[test]
fn what_is_not_finite_is_refused_wherever_it_stands() {
    let floats = |name: &str, value: f32| (name.to_owned(), Stored::f32(&[1.0, value], vec![2]));
    let halves = |name: &str, value: f32, shape: &[usize]| {
        (name.to_owned(), Stored::f16(vec![f16::ONE, f16::from_f32(value)], shape.to_vec()))
    };
    let rows = || ("a".to_owned(), Stored::integers(vec![3; 10], vec![2, 5]));
    let groups = || ("a".to_owned(), Stored { dtype: Dtype::U8, shape: vec![2, 1, 16], bytes: vec![7; 32] });
    for value in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let files = [
            vec![floats("a", value)],
            vec![halves("a", value, &[2])],
            vec![rows(), floats("a.scale", value)],
            vec![groups(), halves("a.scale", value, &[2, 1])],
        ];
        for (number, file) in files.into_iter().enumerate() {
            let refused = read(file).expect_err(&format!("{value} in file {number}"));
            assert!(refused.contains("that are not finite"), "{refused}");
        }
    }
}

#[test]
fn malformed_panels_are_refused() {
    type Tensors = Vec<(String, Stored)>;
    let name = "encoder.layer.0.output.dense.weight";
    let layer = [(name.to_owned(), table(8, 32))].into_iter().collect();
    let good = encode(layer, Precision::Int8).unwrap();
    let said = |change: &dyn Fn(&mut Tensors)| {
        let file = SafeTensors::deserialize(&good).unwrap();
        let stored = |view: TensorView| Stored {
            dtype: view.dtype(),
            bytes: view.data().to_vec(),
            shape: view.shape().to_vec(),
        };
        let mut tensors = file.tensors().into_iter().map(|(name, view)| (name, stored(view))).collect();
        change(&mut tensors);
        let bytes = safetensors::serialize(tensors, None::<HashMap<_, _>>).unwrap();
        decode(&bytes).map(|_| ()).map_err(|error| error.to_string())
    };
    fn part<'a>(tensors: &'a mut [(String, Stored)], suffix: &str) -> &'a mut Stored {
        let name = format!("encoder.layer.0.output.dense.weight{suffix}");
        &mut tensors.iter_mut().find(|(of, _)| *of == name).unwrap().1
    }
    assert_eq!(said(&|_| ()), Ok(()));
    for (change, expected) in [
        (
            &(|tensors: &mut Tensors| part(tensors, "").shape = vec![2, 8, 4, 4]) as &dyn Fn(&mut Tensors),
            "is not in panels of eight outputs",
        ),
        (
            &|tensors: &mut Tensors| tensors.retain(|(name, _): &(String, Stored)| !name.ends_with(SUMS)),
            "lacks the sums of its integers",
        ),
        (&|tensors: &mut Tensors| part(tensors, SUMS).shape = vec![1, 8, 1], "lacks the sums of its integers"),
        (&|tensors: &mut Tensors| part(tensors, SUMS).bytes[3] ^= 1, "has integers that do not fit their sums"),
        (&|tensors: &mut Tensors| part(tensors, "").bytes[5] ^= 1, "has integers that do not fit their sums"),
        (
            &|tensors: &mut Tensors| tensors.retain(|(name, _): &(String, Stored)| !name.ends_with(SCALE)),
            "lacks a scale for each output",
        ),
    ] {
        let error = said(change).unwrap_err();
        assert!(error.contains(name) && error.contains(expected), "{error}");
    }
}

#[test]
fn what_does_not_divide_into_groups_is_refused() {
    let weights = [(WORD_EMBEDDINGS.to_owned(), table(2, 40))].into_iter().collect();
    let error = encode(weights, few_bits(EmbeddingPrecision::Int4)).unwrap_err().to_string();
    assert!(
        error.contains("word vectors of 40 values do not divide into groups of 32: export them as int8"),
        "{error}"
    );
}

#[test]
fn malformed_groups_are_refused() {
    let said = |shape: &[usize], scales: Option<&[usize]>| {
        let zeros = |dtype, width: usize, shape: &[usize]| Stored {
            dtype,
            bytes: vec![0; width * shape.iter().product::<usize>()],
            shape: shape.to_vec(),
        };
        let packed = (WORD_EMBEDDINGS.to_owned(), zeros(Dtype::U8, 1, shape));
        let scales = scales.map(|shape| (format!("{WORD_EMBEDDINGS}{SCALE}"), zeros(Dtype::F16, 2, shape)));
        let tensors: Vec<_> = [packed].into_iter().chain(scales).collect();
        let bytes = safetensors::serialize(tensors, None::<HashMap<_, _>>).unwrap();
        decode(&bytes).map(|_| ()).map_err(|error| error.to_string())
    };
    assert_eq!(said(&[2, 3, 16], Some(&[2, 3])), Ok(()));
    for (shape, scales, expected) in [
        (&[2, 48][..], Some(&[2, 3][..]), "is stored in bytes, and not in groups of integers"),
        (&[2, 3, 17], Some(&[2, 3]), "has groups of 17 bytes, which no precision has"),
        (&[2, 3, 0], Some(&[2, 3]), "has groups of 0 bytes"),
        (&[2, 3, 16], Some(&[3, 2]), "lacks a scale for each group"),
        (&[2, 3, 16], Some(&[2, 1]), "lacks a scale for each group"),
        (&[2, 3, 16], None, "lacks a scale for each group"),
    ] {
        let error = said(shape, scales).unwrap_err();
        assert!(error.contains(WORD_EMBEDDINGS) && error.contains(expected), "{shape:?}: {error}");
    }
}
