//! NumPy's files and safetensors: read what other programs wrote, and refuse what is broken.

extern crate spu_tensor as spu;

use std::fs;
use std::path::{Path, PathBuf};

use spu::{Bool, Error, Fxp, HostOf, HostTensor, Int, Secret, ShapeOf, Tensor, Tree};
use spu_nn::data::{read_npy, read_npz};
use spu_nn::init::Draws;
use spu_nn::layers::{Dense, Layer, Relu};
use spu_nn::weights;

fn file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/files").join(name)
}

/// A folder that goes when the test ends.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("spu-arrays-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self, content: &[u8]) -> PathBuf {
        let path = self.0.join("file");
        fs::write(&path, content).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[track_caller]
fn assert_says<T>(result: Result<T, Error>, path: &Path, parts: &[&str]) {
    let Err(Error::Data(error)) = result else { panic!("expected a data error") };
    let text = error.to_string();
    assert!(text.starts_with(path.to_str().unwrap()), "{text}");
    parts.iter().for_each(|part| assert!(text.contains(part), "`{part}` is missing in: {text}"));
}

#[test]
fn every_type_and_order_of_npy() {
    let halves = HostTensor::fxp([2, 3], vec![0.0, 0.5, 1.0, 1.5, 2.0, 2.5]);
    for name in ["f8.npy", "fortran.npy", "big_endian.npy", "f2.npy"] {
        assert_eq!(read_npy(file(name)).unwrap(), halves, "{name}");
    }
    assert_eq!(read_npy(file("i4.npy")).unwrap(), HostTensor::int([2, 3], (-3..3).collect()));
    assert_eq!(read_npy(file("u8.npy")).unwrap(), HostTensor::int([2, 3], (0..6).collect()));
    assert_eq!(read_npy(file("bool.npy")).unwrap(), HostTensor::bool([2, 3], (0..6).map(|x| x % 2 == 1).collect()));
    assert_eq!(read_npy(file("cube.npy")).unwrap(), HostTensor::int([2, 3, 4], (0..24).collect()));
    assert_eq!(read_npy(file("scalar.npy")).unwrap(), HostTensor::from(2.5));
    let arrays = read_npz(file("columns.npz")).unwrap();
    assert_eq!(arrays[2], ("pixels".into(), HostTensor::int([2, 3], (1..7).collect())));
}

#[test]
fn npy_that_no_tensor_can_hold() {
    let says = |name: &str, parts: &[&str]| assert_says(read_npy(file(name)), &file(name), parts);
    says("text.npy", &["expected elements that are floats, integers or truth values, found `<U1`"]);
    says("nan.npy", &["at [1, 1]: expected a finite number"]);
    says("huge.npy", &["at [1]: expected an integer below 2^63"]);
    says("absent.npy", &["expected an npy file, but it cannot be opened"]);
    assert_says(read_npz(file("f8.npy")), &file("f8.npy"), &["expected an npz file, which is a zip archive"]);
}

#[test]
fn broken_npy() {
    let folder = Folder::new("npy");
    let whole = fs::read(file("f8.npy")).unwrap();
    for (cut, expected) in [(0, "header, found the end"), (9, "header, found the end"), (100, "header, found the end")]
    {
        let path = folder.file(&whole[..cut]);
        assert_says(read_npy(&path), &path, &[expected]);
    }
    let path = folder.file(&whole[..whole.len() - 1]);
    assert_says(read_npy(&path), &path, &["expected 48 bytes for the shape [2, 3], found 47"]);
    let path = folder.file(&[&whole[..], &[0]].concat());
    assert_says(read_npy(&path), &path, &["expected 48 bytes for the shape [2, 3], found more"]);
    let path = folder.file(b"not an array");
    assert_says(read_npy(&path), &path, &["expected an npy file, found another"]);
    let changed = |from: &str, to: &str| {
        let at = whole.windows(from.len()).position(|window| window == from.as_bytes()).unwrap();
        let mut changed = whole.clone();
        changed[at..at + from.len()].copy_from_slice(to.as_bytes());
        folder.file(&changed)
    };
    for (from, to, expected) in [
        ("'descr'", "'descs'", "expected `descr` in the npy header"),
        ("False", "Maybe", "expected `True` or `False` for `fortran_order`"),
        ("(2, 3)", "(2,-3)", "expected a tuple of integers for `shape`"),
        ("(2, 3)", "[2, 3]", "expected a tuple of integers for `shape`"),
        ("'<f8'", "'<c8'", "found `<c8`"),
    ] {
        let path = changed(from, to);
        assert_says(read_npy(&path), &path, &[expected]);
    }
    // A header that claims exabytes: an error of what is there, and no allocation.
    let header = "{'descr': '<f8', 'fortran_order': False, 'shape': (4294967296, 4294967296, 2), }";
    let path = folder
        .file(&[b"\x93NUMPY\x01\x00".as_slice(), &(header.len() as u16).to_le_bytes(), header.as_bytes()].concat());
    assert_says(read_npy(&path), &path, &["is too large"]);
    for at in 0..whole.len() {
        let mut changed = whole.clone();
        changed[at] ^= 0x55;
        let _ = read_npy(folder.file(&changed));
    }
}

#[derive(Clone, Copy, Tree)]
struct Types {
    half: Tensor<Secret, Fxp>,
    brain: Tensor<Secret, Fxp>,
    single: Tensor<Secret, Fxp>,
    double: Tensor<Secret, Fxp>,
    count: Tensor<Secret, Int>,
    flag: Tensor<Secret, Bool>,
}

fn types() -> ShapeOf<Types> {
    ShapeOf::of(|| Types {
        half: Tensor::with_shape([2]),
        brain: Tensor::with_shape([2]),
        single: Tensor::with_shape([2, 1]),
        double: Tensor::with_shape([1]),
        count: Tensor::with_shape([2]),
        flag: Tensor::with_shape([2]),
    })
}

#[test]
fn every_type_of_safetensors() {
    let loaded = weights::load(file("types.safetensors"), types()).unwrap().into_leaves();
    let expected = [
        HostTensor::fxp([2], vec![0.5, -2.0]),
        HostTensor::fxp([2], vec![1.5, -0.25]),
        HostTensor::fxp([2, 1], vec![f64::from(0.1f32), 3.0]),
        HostTensor::fxp([1], vec![0.1]),
        HostTensor::int([2], vec![-7, 9]),
        HostTensor::bool([2], vec![true, false]),
    ];
    assert_eq!(loaded, expected);
}

#[test]
fn what_is_saved_is_loaded() {
    let folder = Folder::new("saved");
    let path = folder.0.join("model.safetensors");
    let network = (Dense::new(5, 4), Relu, Dense::new(4, 2));
    let model = network.initial(&mut Draws::seeded(3)).unwrap();
    weights::save(&path, &model).unwrap();
    let loaded = weights::load(&path, network.shape()).unwrap();
    assert_eq!(loaded.named(), model.named());
    let alone = HostOf::<Tensor<Secret, Fxp>>::from(vec![1.5, 2.5]);
    weights::save(&path, &alone).unwrap();
    let loaded: HostOf<Tensor<Secret, Fxp>> = weights::load(&path, [2]).unwrap();
    assert_eq!(loaded.values(), [1.5, 2.5]);
    let nowhere = PathBuf::from("/no/such/folder/model.safetensors");
    assert_says(weights::save(&nowhere, &alone), &nowhere, &["it cannot be written"]);
}

#[test]
fn weights_of_another_model() {
    let folder = Folder::new("another");
    let path = folder.0.join("model.safetensors");
    let network = |hidden| (Dense::new(5, hidden), Relu, Dense::new(hidden, 2));
    weights::save(&path, &network(4).initial(&mut Draws::seeded(3)).unwrap()).unwrap();
    let deeper = (Dense::new(5, 4), Dense::new(4, 4), Dense::new(4, 2)).shape();
    assert_says(weights::load(&path, deeper), &path, &["not those of the model, missing `1.weight`, `1.bias`"]);
    let shallower = (Dense::new(5, 4),).shape();
    assert_says(weights::load(&path, shallower), &path, &["the model, not expected `2.bias`, `2.weight`"]);
    let wider = weights::load(&path, network(6).shape());
    assert_says(wider, &path, &["tensor `0.weight`: expected fxp[5, 6], found F64[5, 4]"]);

    let types = file("types.safetensors");
    let as_float: ShapeOf<Types> = ShapeOf::of(|| Types { single: Tensor::with_shape([2]), ..self::types().graft() });
    assert_says(weights::load(&types, as_float), &types, &["tensor `single`: expected fxp[2], found F32[2, 1]"]);

    let whole = fs::read(&path).unwrap();
    let cut = folder.file(&whole[..whole.len() - 1]);
    assert_says(weights::load(&cut, network(4).shape()), &cut, &["expected a sound safetensors file"]);
    // The last eight bytes are the last number.
    let nan = folder.file(&[&whole[..whole.len() - 8], &f64::NAN.to_le_bytes()].concat());
    assert_says(weights::load(&nan, network(4).shape()), &nan, &["tensor `", "expected a finite number"]);
}

/// An integer tensor does not fill a fixed-point leaf.
#[test]
fn weights_of_another_type() {
    let folder = Folder::new("type");
    let path = folder.0.join("model.safetensors");
    weights::save(&path, &HostOf::<Tensor<Secret, Int>>::from(vec![1])).unwrap();
    let loaded: Result<HostOf<Tensor<Secret, Fxp>>, _> = weights::load(&path, [1]);
    assert_says(loaded, &path, &["tensor `tensor`: expected fxp[1], found I64[1]"]);
}
