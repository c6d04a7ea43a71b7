//! Tables as their owner meets them: what is read, and what broken files get. Errors name file, line and column, and never a cell's value.

extern crate spu_tensor as spu;

mod common;

use std::path::PathBuf;

use spu::{Error, HostTensor};
use spu_nn::data::{Csv, Normalization, Table, Values};

use common::problem;

fn csv(text: &str) -> Result<Table, Error> {
    Csv::default().parse("people.csv", text.as_bytes())
}

fn file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/files").join(name)
}

#[test]
fn columns_by_name_and_by_use() {
    let table = csv("\u{feff}id , age,note\n7, 38 ,\"a, b\"\n8,-2.5,\"two\nlines\"\n\n9,1e3,\"x\"\"y\"\n").unwrap();
    assert_eq!(table.names().collect::<Vec<_>>(), ["id", "age", "note"]);
    assert_eq!(table.rows(), 3);
    assert_eq!(table.integers("id").unwrap(), [7, 8, 9]);
    assert_eq!(table.numbers("id").unwrap(), [7.0, 8.0, 9.0]);
    assert_eq!(table.numbers("age").unwrap(), [38.0, -2.5, 1000.0]);
    assert_eq!(table.texts("note").unwrap(), ["a, b", "two\nlines", "x\"y"]);
    let some = table.matrix(["age", "id"], [2, 0]).unwrap();
    assert_eq!(some, HostTensor::fxp([2, 2], vec![1000.0, 9.0, 38.0, 7.0]));
    assert_eq!(table.clone().select(["note", "id"]).unwrap().names().collect::<Vec<_>>(), ["note", "id"]);
    assert_eq!(table.without(["age"]).unwrap().names().collect::<Vec<_>>(), ["id", "note"]);
}

#[test]
fn bad_cells_are_named_by_line_and_column() {
    // A quoted line break: row 2 stands on line 4.
    let table = csv("id,age\n\"a\nb\",38\nc,secret\n").unwrap();
    assert_eq!(problem(table.numbers("age")), "people.csv, line 4, column `age`: expected a finite number");
    assert_eq!(problem(table.integers("age")), "people.csv, line 4, column `age`: expected an integer of 64 bits");
    for cell in ["", "inf", "NaN", "1e999", "1,5", "0x10"] {
        let table = csv(&format!("age,id\n\"{cell}\",1\n")).unwrap();
        assert_eq!(
            problem(table.numbers("age")),
            "people.csv, line 2, column `age`: expected a finite number",
            "{cell}"
        );
    }
    let empty = csv("id,age\n,1\n").unwrap();
    assert_eq!(problem(empty.texts("id")), "people.csv, line 2, column `id`: expected a text, found nothing");
}

/// Whatever ends lines, and whether or not some are empty.
#[test]
fn lines_are_counted_as_an_editor_does() {
    for end in ["\n", "\r\n", "\r"] {
        let lines = |lines: &[&str]| csv(&lines.join(end));
        let table = lines(&["", "id,age", "1,2", "", "", "3,\"4", "\"", "5,x", ""]).unwrap();
        assert_eq!(problem(table.numbers("age")), "people.csv, line 8, column `age`: expected a finite number");
        assert_eq!(
            problem(lines(&["id,age", "", "1,2", "3"]).map(drop)),
            "people.csv, line 4: expected 2 cells, as many as there are column names, found 1"
        );
        // A table of one column: an empty line may be a missing cell.
        assert!(lines(&["", "age", "1", "\"\"", "2", ""]).unwrap().texts("age").is_err());
        for (text, line) in [(&["age", "1", "", "2"][..], 3), (&["age", "", "", "2"], 2), (&["age", "1", "", ""], 3)] {
            let expected =
                format!("people.csv, line {line}: expected a cell, found an empty line; an empty cell is written \"\"");
            assert_eq!(problem(lines(text)), expected);
        }
    }
}

#[test]
fn broken_csv_files() {
    let says = |text: &str, expected: &str| assert_eq!(problem(csv(text)), expected);
    says("", "people.csv: expected a line of column names, found an empty file");
    says("id,age\n", "people.csv: expected rows, found none");
    says("id,age\n1,2\n3\n", "people.csv, line 3: expected 2 cells, as many as there are column names, found 1");
    says("id,age\n1,2,3\n", "people.csv, line 2: expected 2 cells, as many as there are column names, found 3");
    says("id,id\n1,2\n", "people.csv: expected columns of different names, found `id` twice");
    let other = Csv::default().parse("people.csv", &b"id,age\n1,\xff\n"[..]);
    assert_eq!(problem(other), "people.csv, line 2: expected UTF-8, found other bytes in cell 2");
    // A quote that is never closed would swallow all rows below it.
    says("id,age,note\n1,5,\"x\n2,6,y\n", "people.csv, line 2: expected the quote that closes cell 3, found the end");
    says("id,\"age\n1,2", "people.csv, line 1: expected the quote that closes cell 2, found the end");
    let absent = problem(Table::read("/no/such/people.csv"));
    assert!(absent.starts_with("/no/such/people.csv: expected a CSV file, but it cannot be opened"), "{absent}");
    assert!(problem(Table::read("people.xlsx")).contains("expected a name that ends in .csv, .tsv"));
}

#[test]
fn a_missing_column_is_named_with_those_that_exist() {
    let table = csv("id,age\n1,2\n").unwrap();
    let expected = "people.csv: there is no column `wage`; the columns are `id`, `age`";
    assert_eq!(problem(table.numbers("wage")), expected);
    assert_eq!(problem(table.keys("wage")), expected);
    assert_eq!(problem(table.clone().select(["age", "wage"])), expected);
    assert_eq!(problem(table.clone().without(["wage"])), expected);
    assert_eq!(problem(table.clone().classify("wage", ["a"])), expected);
    assert_eq!(problem(Normalization::standard(&table, ["wage"])), expected);
    assert_eq!(problem(table.normalize(&Normalization::given([("wage", 0.0, 1.0)]))), expected);
}

#[test]
fn keys_are_unique() {
    let table = csv("id,age\nx,1\ny,1\nx,3\n").unwrap();
    let expected = "people.csv, line 4, column `id`: the key `x` stands there a second time, first at line 2";
    assert_eq!(problem(table.keys("id")), expected);
}

#[test]
fn classes_are_indices_and_one_hot_rows() {
    let table = csv("id,risk\n1,high\n2,low\n3,high\n").unwrap();
    let problem_before = problem(table.one_hot("risk", 0..3));
    assert_eq!(problem_before, "people.csv, column `risk`: it has no classes: name them by `Table::classify`");
    let classes = table.clone().classify("risk", ["low", "high"]).unwrap();
    assert_eq!(classes.integers("risk").unwrap(), [1, 0, 1]);
    assert_eq!(classes.classes("risk").unwrap().unwrap(), ["low", "high"]);
    assert_eq!(classes.one_hot("risk", 0..3).unwrap(), HostTensor::int([3, 2], vec![0, 1, 1, 0, 0, 1]));
    let expected = "people.csv, line 3, column `risk`: expected one of the classes `high`, `medium`";
    assert_eq!(problem(table.clone().classify("risk", ["high", "medium"])), expected);
    assert_eq!(
        problem(table.classify("risk", ["a", "a"])),
        "people.csv, column `risk`: expected different classes, found `a` twice"
    );
    let digits = Table::new("made", [("digit", vec![1.0, 0.0, 1.0].into())]).unwrap();
    assert_eq!(digits.classify("digit", ["0", "1"]).unwrap().integers("digit").unwrap(), [1, 0, 1]);
}

#[test]
fn normalization_by_hand() {
    // Mean 4 and variance (9 + 1 + 1 + 9)/4 = 5; range 1 to 7.
    let table = csv("x,y\n1,10\n3,10\n5,10\n7,10\n").unwrap();
    let standard = Normalization::standard(&table, ["x"]).unwrap();
    let deviation = 5f64.sqrt();
    let expected = [-3.0 / deviation, -1.0 / deviation, 1.0 / deviation, 3.0 / deviation];
    assert_eq!(table.clone().normalize(&standard).unwrap().numbers("x").unwrap(), expected);
    let range = Normalization::min_max(&table, ["x"]).unwrap();
    assert_eq!(table.clone().normalize(&range).unwrap().numbers("x").unwrap(), [0.0, 2.0 / 6.0, 4.0 / 6.0, 1.0]);
    assert_eq!(range, Normalization::given([("x", 1.0, 6.0)]));
    assert!(
        problem(Normalization::min_max(&table, ["x", "y"])).contains("people.csv, column `y`: cannot be normalized")
    );
    let zero = Normalization::given([("x", 0.0, 0.0)]);
    assert!(problem(table.normalize(&zero)).contains("column `x`: expected a finite center and a positive width"));
}

#[test]
fn tables_made_in_place() {
    let uneven = Table::new("made", [("a", Values::from(vec![1.0])), ("b", vec![1_i64, 2].into())]);
    assert_eq!(problem(uneven), "made: expected 1 rows of `b`, as many as of `a`, found 2");
    assert_eq!(problem(Table::new::<&str>("made", [])), "made: expected columns, found none");
    let floats = Table::new("made", [("a", vec![1.0, 1.5, f64::NAN].into())]).unwrap();
    assert_eq!(problem(floats.integers("a")), "made, row 2, column `a`: expected an integer of 64 bits");
    assert_eq!(problem(floats.numbers("a")), "made, row 3, column `a`: expected a finite number");
}

#[cfg(feature = "parquet")]
#[test]
fn parquet_of_another_program() {
    for name in ["people.snappy.parquet", "people.gzip.parquet", "people.lz4.parquet"] {
        let table = Table::read(file(name)).unwrap();
        let names = ["id", "age", "income", "height", "member", "visits", "score", "tags", "day"];
        assert_eq!(table.names().collect::<Vec<_>>(), names);
        assert_eq!(table.keys("id").unwrap(), ["e", "d", "c", "b", "a"]);
        assert_eq!(table.integers("age").unwrap(), [38, 22, 51, 47, 19]);
        assert_eq!(table.numbers("income").unwrap(), [51000.5, 17000.0, 82000.25, 0.0, -3.5]);
        assert_eq!(table.numbers("height").unwrap(), [1.5, 1.75, 1.625, 2.0, 1.25]);
        assert_eq!(table.integers("member").unwrap(), [1, 0, 1, 1, 0]);
        assert_eq!(table.integers("visits").unwrap(), [1, 2, 3, 4, 250]);
        let says = |column: &str, expected: &str| {
            let text = problem(table.numbers(column));
            assert!(text.contains(name) && text.ends_with(expected), "{text}");
        };
        says("score", "row 3, column `score`: expected a value, found none");
        says(
            "tags",
            "row 1, column `tags`: expected a number, found the type that is none of number, truth value and text",
        );
        says(
            "day",
            "row 1, column `day`: expected a number, found the type that is none of number, truth value and text",
        );
        says("id", "row 1, column `id`: expected a finite number");
    }
}

#[cfg(feature = "parquet")]
#[test]
fn parquet_of_other_codecs() {
    let says = |name: &str, expected: &str| {
        let text = problem(Table::read(file(name)));
        assert!(
            text.ends_with(&format!("{name}: expected no compression, snappy, gzip or lz4, found {expected}")),
            "{text}"
        );
    };
    says("people.brotli.parquet", "brotli in column `id`");
    if cfg!(feature = "parquet-zstd") {
        assert_eq!(Table::read(file("people.zstd.parquet")).unwrap().integers("age").unwrap(), [38, 22, 51, 47, 19]);
    } else {
        says("people.zstd.parquet", "zstd in column `id`; the feature `parquet-zstd` reads it");
    }
}

#[cfg(feature = "parquet")]
#[test]
fn broken_parquet_files() {
    let folder = std::env::temp_dir().join(format!("spu-parquet-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let whole = std::fs::read(file("people.gzip.parquet")).unwrap();
    let path = folder.join("cut.parquet");
    // Wherever it is cut or changed: an error or another table, and no panic.
    for cut in (0..whole.len()).step_by(97) {
        std::fs::write(&path, &whole[..cut]).unwrap();
        assert!(problem(Table::read(&path)).contains("cut.parquet: expected a sound Parquet file"));
    }
    for at in (0..whole.len()).step_by(7) {
        let mut changed = whole.clone();
        changed[at] ^= 0x55;
        std::fs::write(&path, &changed).unwrap();
        let _ = Table::read(&path);
    }
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn numpy_arrays_as_tables() {
    let matrix = Table::read(file("f8.npy")).unwrap();
    assert_eq!(matrix.names().collect::<Vec<_>>(), ["0", "1", "2"]);
    assert_eq!(matrix.numbers("1").unwrap(), [0.5, 2.0]);
    for name in ["columns.npz", "compressed.npz"] {
        let table = Table::read(file(name)).unwrap();
        assert_eq!(table.integers("age").unwrap(), [38, 22]);
        assert_eq!(table.numbers("income").unwrap(), [1.5, -2.0]);
        if name == "columns.npz" {
            assert_eq!(table.names().skip(2).collect::<Vec<_>>(), ["pixels.0", "pixels.1", "pixels.2"]);
            assert_eq!(table.integers("pixels.2").unwrap(), [3, 6]);
        }
    }
    assert!(
        problem(Table::read(file("cube.npy"))).ends_with("expected a vector or a matrix, whose first axis counts rows")
    );
}
