//! Data sets at several parties: what comes together, and what does not, on the plain evaluator.

extern crate spu_tensor as spu;

mod common;

use spu::{Error, Evaluator, ExecutorExt, Fxp, Int, Party, Secret, Shared, Tensor};
use spu_nn::data::{
    Csv, Dataset, Normalization, Source, Table, Unmatched, announce, shuffle_rows, shuffled_batches, take_rows,
};

use common::problem;

fn csv(source: &str, text: &str) -> Result<Table, Error> {
    Csv::default().parse(source, text.as_bytes())
}

fn bank() -> Result<Table, Error> {
    csv("bank.csv", "id,income,age\nd,4,40\na,1,10\nc,3,30\nb,2,20\n")
}

fn shop() -> Result<Table, Error> {
    csv("shop.csv", "visits,id,buys\n200,b,no\n100,a,yes\n400,d,no\n300,c,yes\n")?.classify("buys", ["no", "yes"])
}

fn both<'a>(
    session: &Evaluator,
    unmatched: Unmatched,
    bank: impl FnOnce() -> Result<Table, Error> + 'a,
    shop: impl FnOnce() -> Result<Table, Error> + 'a,
) -> Result<Dataset, Error> {
    Dataset::aligned(session, "id", unmatched, [Source::new(Party(0), bank), Source::new(Party(1), shop)])
}

#[test]
fn columns_of_both_owners_meet_under_their_key() {
    let session = Evaluator::new();
    let data = both(&session, Unmatched::Refuse, bank, shop).unwrap();
    assert_eq!((data.rows(), data.dropped()), (4, &[0, 0][..]));
    assert_eq!(data.columns(), ["income", "age", "visits", "buys"]);
    assert_eq!(data.classes("buys").unwrap(), ["no", "yes"]);
    assert_eq!(data.classes("age"), None);
    // Keys ascend: a, b, c, d. Columns as asked for, across owners; rows in any order.
    let x = data.features(&session, ["age", "visits", "income"], [3, 0]).unwrap();
    assert_eq!(session.reveal(&x).unwrap().values(), [40.0, 400.0, 4.0, 10.0, 100.0, 1.0]);
    let x = data.features(&session, ["visits"], 0..4).unwrap();
    assert_eq!(session.reveal(&x).unwrap().values(), [100.0, 200.0, 300.0, 400.0]);
    let y = data.integers(&session, "buys", 0..4).unwrap();
    assert_eq!(session.reveal(&y).unwrap().values(), [1.0, 0.0, 1.0, 0.0]);
    let y = data.one_hot(&session, "buys", [1, 2]).unwrap();
    assert_eq!(session.reveal(&y).unwrap().values(), [1.0, 0.0, 0.0, 1.0]);
}

#[test]
fn rows_without_partner_are_refused_or_counted() {
    let more = || csv("shop.csv", "id,visits\na,1\nx,2\nc,3\nd,4\ny,5\n");
    let text = problem(both(&Evaluator::new(), Unmatched::Refuse, bank, more));
    let expected = "bank.csv of party 0: the row with the `id` `b` has no partner in shop.csv of party 1; rows without: \
                    1 in bank.csv of party 0, 2 in shop.csv of party 1 (`Unmatched::Drop` leaves them out)";
    assert_eq!(text, expected);

    let session = Evaluator::new();
    let data = both(&session, Unmatched::Drop, bank, more).unwrap();
    assert_eq!((data.rows(), data.dropped()), (3, &[1, 2][..]));
    let x = data.features(&session, ["age", "visits"], 0..3).unwrap();
    assert_eq!(session.reveal(&x).unwrap().values(), [10.0, 1.0, 30.0, 3.0, 40.0, 4.0]);

    let none = || csv("shop.csv", "id,visits\nx,1\n");
    let text = problem(both(&Evaluator::new(), Unmatched::Drop, bank, none));
    assert_eq!(text, "bank.csv of party 0 and shop.csv of party 1: expected rows with the same `id`, found none");
}

#[test]
fn three_owners_meet_as_two_do() {
    let session = Evaluator::new();
    let third = || csv("lab.csv", "id,dose\nb,0.2\nc,0.3\nz,9\n");
    let sources = [Source::new(Party(2), third), Source::new(Party(0), bank), Source::new(Party(1), shop)];
    let data = Dataset::aligned(&session, "id", Unmatched::Drop, sources).unwrap();
    assert_eq!((data.rows(), data.dropped()), (2, &[1, 2, 2][..]));
    let x = data.features(&session, ["visits", "dose", "age"], 0..2).unwrap();
    assert_eq!(session.reveal(&x).unwrap().values(), [200.0, 0.2, 20.0, 300.0, 0.3, 30.0]);
}

#[test]
fn sources_that_cannot_be_aligned() {
    let refuse = |bank: &'static str, shop: &'static str| {
        let (bank, shop) = (|| csv("bank.csv", bank), || csv("shop.csv", shop));
        problem(both(&Evaluator::new(), Unmatched::Drop, bank, shop))
    };
    assert_eq!(
        refuse("id,age\na,1\nb,2\na,3\n", "id,x\na,1\n"),
        "bank.csv, line 4, column `id`: the key `a` stands there a second time, first at line 2"
    );
    assert_eq!(
        refuse("id,age\na,1\n", "key,x\na,1\n"),
        "shop.csv: there is no column `id`; the columns are `key`, `x`"
    );
    assert_eq!(
        refuse("id,age\na,1\n", "id,age\na,1\n"),
        "bank.csv of party 0 and shop.csv of party 1: both have a column `age`: select or rename it at one of them"
    );
    assert!(problem(Dataset::aligned(&Evaluator::new(), "id", Unmatched::Drop, [])).contains("expected a source"));
}

#[test]
fn cells_and_columns_that_are_not_there() {
    let session = Evaluator::new();
    let bad = || csv("bank.csv", "id,age\nb,20\na,old\n");
    let shop = || csv("shop.csv", "id,visits\na,1\nb,2\n");
    let data = both(&session, Unmatched::Refuse, bad, shop).unwrap();
    let expected = "bank.csv, line 3, column `age`: expected a finite number";
    assert_eq!(problem(data.features(&session, ["visits", "age"], 0..2)), expected);
    let expected = "bank.csv, shop.csv: there is no column `wage`; the columns are `age`, `visits`";
    assert_eq!(problem(data.features(&session, ["visits", "wage"], 0..2)), expected);
    assert_eq!(problem(data.integers(&session, "wage", 0..2)), expected);
    let expected = "shop.csv, column `visits`: it has no classes: name them by `Table::classify`";
    assert_eq!(problem(data.one_hot(&session, "visits", 0..2)), expected);
    let beyond = data.features(&session, ["age"], [0, 2]).unwrap_err();
    assert!(beyond.to_string().starts_with("cannot take row 2: there are 2 rows"), "{beyond}");
}

#[test]
fn labels_that_are_no_class_are_named() {
    let session = Evaluator::new();
    let digits = || csv("digits.csv", "pixel,digit\n0.5,2\n0.1,0\n0.2,3\n0.3,-1\n0.4,1.5\n0.6,\n0.7,1\n");
    let data = Dataset::stacked(&session, [Source::new(Party(1), digits)]).unwrap();
    let y = data.labels(&session, "digit", 3, [6, 0, 1]).unwrap();
    assert_eq!(session.reveal(&y).unwrap().values(), [1.0, 2.0, 0.0]);
    // The third row, which is in line 4, is a class where there are four.
    assert!(data.labels(&session, "digit", 4, 0..3).is_ok());
    for (row, line) in [(2, 4), (3, 5), (4, 6), (5, 7)] {
        let expected = format!("digits.csv, line {line}, column `digit`: expected a class from 0 to 2");
        assert_eq!(problem(data.labels(&session, "digit", 3, [0, row, 1])), expected);
    }

    let data = both(&session, Unmatched::Refuse, bank, shop).unwrap();
    let y = data.labels(&session, "buys", 2, 0..4).unwrap();
    assert_eq!(session.reveal(&y).unwrap().values(), [1.0, 0.0, 1.0, 0.0]);
    let expected = "shop.csv, column `buys`: expected 3 classes, found 2: `no`, `yes`";
    assert_eq!(problem(data.labels(&session, "buys", 3, 0..4)), expected);
    assert!(problem(data.labels(&session, "wage", 3, 0..4)).contains("there is no column `wage`"));
}

#[test]
fn no_columns_and_no_rows_are_the_programs_error() {
    let session = Evaluator::new();
    let aligned = both(&session, Unmatched::Refuse, bank, shop).unwrap();
    let stacked = Dataset::stacked(&session, [Source::new(Party(0), north), Source::new(Party(2), south)]).unwrap();
    for (data, column) in [(aligned, "buys"), (stacked, "ill")] {
        let none = data.features(&session, [""; 0], 0..2).unwrap_err();
        assert!(none.to_string().starts_with("cannot share features of no columns"), "{none}");
        for none in [
            data.features(&session, [column], 0..0).map(drop).unwrap_err(),
            data.integers(&session, column, []).map(drop).unwrap_err(),
            data.labels(&session, column, 2, []).map(drop).unwrap_err(),
            data.one_hot(&session, column, []).map(drop).unwrap_err(),
        ] {
            assert!(none.to_string().starts_with("cannot take no rows"), "{none}");
            let Error::Program(diagnostic) = none else { panic!("{none}") };
            assert_eq!(diagnostic.labels[0].location.file, file!());
        }
    }
}

fn north() -> Result<Table, Error> {
    csv("north.csv", "age,dose,ill\n10,1,no\n20,2,yes\n30,3,no\n")?.classify("ill", ["no", "yes"])
}

fn south() -> Result<Table, Error> {
    csv("south.csv", "ill,dose,age\nyes,4,40\nyes,5,50\n")?.classify("ill", ["no", "yes"])
}

#[test]
fn rows_of_both_owners_stand_one_below_the_other() {
    let session = Evaluator::new();
    let data = Dataset::stacked(&session, [Source::new(Party(0), north), Source::new(Party(2), south)]).unwrap();
    assert_eq!((data.rows(), data.columns()), (5, vec!["age", "dose", "ill"]));
    let x = data.features(&session, ["dose", "age"], 0..5).unwrap();
    let expected = [1.0, 10.0, 2.0, 20.0, 3.0, 30.0, 4.0, 40.0, 5.0, 50.0];
    assert_eq!(session.reveal(&x).unwrap().values(), expected);
    // A batch across the border, in another order, with a row twice; and one that lies at one owner alone.
    let x = data.features(&session, ["dose"], [4, 0, 3, 1, 4]).unwrap();
    assert_eq!(session.reveal(&x).unwrap().values(), [5.0, 1.0, 4.0, 2.0, 5.0]);
    let y = data.one_hot(&session, "ill", [4, 0]).unwrap();
    assert_eq!(session.reveal(&y).unwrap().values(), [0.0, 1.0, 1.0, 0.0]);
    let y = data.integers(&session, "ill", [1, 2]).unwrap();
    assert_eq!(session.reveal(&y).unwrap().values(), [1.0, 0.0]);
}

#[test]
fn sources_that_cannot_be_stacked() {
    let refuse = |other: fn() -> Result<Table, Error>| {
        let sources = [Source::new(Party(0), north), Source::new(Party(2), other)];
        problem(Dataset::stacked(&Evaluator::new(), sources))
    };
    let named = "north.csv of party 0 and south.csv of party 2: ";
    assert_eq!(
        refuse(|| south()?.select(["age", "ill"])),
        format!(
            "{named}the column `dose` is in north.csv, which has 3 columns, and not in south.csv, which has 2: `age`, `ill`"
        )
    );
    assert_eq!(
        refuse(|| csv("south.csv", "age,dose,ill,weight\n1,2,no,3\n")?.classify("ill", ["no", "yes"])),
        format!(
            "{named}the column `weight` is in south.csv, which has 4 columns, and not in north.csv, which has 3: `age`, \
             `dose`, `ill`"
        )
    );
    assert_eq!(
        refuse(|| csv("south.csv", "age,dose,ill\n1,2,no\n")?.classify("ill", ["yes", "no"])),
        format!("{named}the column `ill` has other classes in one than in the other")
    );
}

/// Of every batch of an epoch: features and labels of the same rows, whether batches are shared one by one or taken from the whole.
#[test]
fn batches_of_a_public_shuffle() {
    let session = Evaluator::new();
    let data = both(&session, Unmatched::Refuse, bank, shop).unwrap();
    let x = data.features(&session, ["age", "visits"], 0..4).unwrap();
    let y = data.integers(&session, "buys", 0..4).unwrap();
    for rows in shuffled_batches(4, 3, 9, 2) {
        let expected: Vec<f64> = rows.iter().flat_map(|&r| [10.0, 100.0].map(|unit| unit * (r + 1) as f64)).collect();
        let labels: Vec<f64> = rows.iter().map(|&r| [1.0, 0.0, 1.0, 0.0][r]).collect();
        let one = data.features(&session, ["age", "visits"], rows.clone()).unwrap();
        assert_eq!(session.reveal(&one).unwrap().values(), expected);
        let one = take_rows(&session, &x, rows.clone()).unwrap();
        assert_eq!(session.reveal(&one).unwrap().values(), expected);
        assert_eq!(session.reveal(&take_rows(&session, &y, rows).unwrap()).unwrap().values(), labels);
    }
    let beyond = take_rows(&session, &y, [0, 4]).unwrap_err();
    assert!(beyond.to_string().starts_with("cannot take row 4: there are 4 rows"), "{beyond}");
}

#[test]
fn a_secret_shuffle_moves_features_and_labels_together() {
    let session = Evaluator::new();
    let x: Shared<Tensor<Secret, Fxp>> =
        session.input(Party(0), [20, 2], || Ok((0..40).map(|i| f64::from(i / 2)).collect::<Vec<f64>>())).unwrap();
    let y: Shared<Tensor<Secret, Int>> = session.input(Party(1), [20], || Ok((0..20).collect::<Vec<i64>>())).unwrap();
    let (x, y) = shuffle_rows::run(&session, &x, &y).unwrap().split();
    let (x, y) = (session.reveal(&x).unwrap().values(), session.reveal(&y).unwrap().values());
    assert!(x.chunks_exact(2).zip(&y).all(|(row, label)| row == [*label, *label]));
    let mut sorted = y.clone();
    sorted.sort_by(f64::total_cmp);
    assert_eq!(sorted, (0..20).map(f64::from).collect::<Vec<f64>>());
    assert_ne!(y, sorted, "one order in 20! leaves every row in its place");
}

/// One owner computes means and deviations, all learn them, and each applies them to its own rows.
#[test]
fn a_normalization_of_one_owner_for_all() {
    let session = Evaluator::new();
    let normalization = announce(&session, Party(0), || Normalization::min_max(&north()?, ["age", "dose"])).unwrap();
    assert_eq!(normalization, Normalization::given([("age", 10.0, 20.0), ("dose", 1.0, 2.0)]));
    let sources = [
        Source::new(Party(0), || north()?.normalize(&normalization)),
        Source::new(Party(2), || south()?.normalize(&normalization)),
    ];
    let data = Dataset::stacked(&session, sources).unwrap();
    let x = data.features(&session, ["age"], 0..5).unwrap();
    assert_eq!(session.reveal(&x).unwrap().values(), [0.0, 0.5, 1.0, 1.5, 2.0]);
}
