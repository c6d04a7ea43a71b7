//! The example `kmeans`: its centres against Lloyd's algorithm on real numbers from the same start.

mod common;
#[path = "../examples/kmeans/lloyd.rs"]
mod lloyd;
#[path = "../examples/kmeans/points.rs"]
mod points;

use common::{measured, refused};
use serde_json::Value;
use spu::prelude::*;

use lloyd::{kmeans, start_rows};

const EXAMPLE: &str = "kmeans";
const POINTS: usize = 100;
const CLUSTERS: usize = 3;
const ITERATIONS: usize = 4;
const SEED: u64 = 2;

type Point = [f64; points::DIMENSIONS];

fn rows(values: &[f64]) -> Vec<Point> {
    values.chunks(points::DIMENSIONS).map(|row| row.try_into().unwrap()).collect()
}

/// Lloyd's algorithm. Also gives the smallest lead of a nearest centre over the second, in squared distance: as long as errors
/// are smaller, every point joins the same centre whatever the arithmetic.
fn exact(points: &[Point], mut centres: Vec<Point>, iterations: usize) -> (Vec<Point>, f64) {
    let mut lead = f64::INFINITY;
    for _ in 0..iterations {
        let mut joined = vec![Vec::new(); centres.len()];
        for point in points {
            let distance = |c: &Point| point.iter().zip(c).map(|(x, c)| (x - c).powi(2)).sum::<f64>();
            let distances: Vec<f64> = centres.iter().map(distance).collect();
            let mut order: Vec<usize> = (0..centres.len()).collect();
            order.sort_by(|&a, &b| distances[a].total_cmp(&distances[b]));
            // Equal centres are no question of arithmetic: the first one is taken.
            let second = order.iter().find(|&&k| centres[k] != centres[order[0]]);
            lead = second.map_or(lead, |&k| lead.min(distances[k] - distances[order[0]]));
            joined[order[0]].push(point);
        }
        for (centre, points) in centres.iter_mut().zip(joined).filter(|(_, points)| !points.is_empty()) {
            *centre = std::array::from_fn(|i| points.iter().map(|p| p[i]).sum::<f64>() / points.len() as f64);
        }
    }
    (centres, lead)
}

/// A mean errs by that of its division: 2 units or 2^-15 of it (functions.md), and by the rounding of the points, half a unit.
fn assert_close(found: &[Point], expected: &[Point]) {
    assert_eq!(found.len(), expected.len());
    for (x, y) in found.as_flattened().iter().zip(expected.as_flattened()) {
        let unit = 2f64.powi(-18);
        assert!((x - y).abs() <= 3.0 * unit + y.abs() * 2f64.powi(-15), "{found:?} {expected:?}");
    }
}

#[test]
fn centres_are_those_of_lloyd_among_threads_and_processes() {
    let mut all = points::draw(SEED, 0, POINTS, CLUSTERS);
    all.extend(points::draw(SEED, 1, POINTS, CLUSTERS));
    let all = rows(&all);
    let start = start_rows(all.len(), CLUSTERS).into_iter().map(|row| all[row as usize]).collect();
    let (expected, lead) = exact(&all, start, ITERATIONS);
    assert!(lead > 4e-3, "these points are no test: {lead}");

    let [points, clusters, iterations, seed] =
        [POINTS, CLUSTERS, ITERATIONS, SEED as usize].map(|number| number.to_string());
    let flags = ["--points", &points, "--clusters", &clusters, "--iterations", &iterations, "--data-seed", &seed];
    let threads = measured(EXAMPLE, &flags);
    let tcp = measured(EXAMPLE, &[&flags[..], &["--transport", "tcp"]].concat());
    for report in [&threads, &tcp] {
        let centres = report["centres"].as_array().unwrap().iter();
        let values: Vec<f64> = centres.flat_map(|c| c.as_array().unwrap()).filter_map(Value::as_f64).collect();
        assert_close(&rows(&values), &expected);
    }
    assert_eq!((&threads["rounds"], &threads["bytes"]), (&tcp["rounds"], &tcp["bytes"]));
}

#[test]
fn an_empty_group_keeps_its_centre() -> Result<(), Error> {
    // The first two centres begin at the same place, and the first takes all points: the second has none.
    let all = [[1.0, 1.0], [1.0, 1.0], [-3.0, 2.0], [1.5, 0.0], [-2.0, 2.5], [2.0, 1.25]];
    let start = vec![0, 1, 2];
    let (expected, _) = exact(&all, start.iter().map(|&row: &i64| all[row as usize]).collect(), 1);
    assert_eq!(expected[1], [1.0, 1.0]);

    let session = Session::local(&Config::default())?;
    let input =
        |party, rows: &[Point]| session.input(Party(party), [rows.len(), 2], || Ok(rows.as_flattened().to_vec()));
    let (alice, bob) = (input(0, &all[..4])?, input(1, &all[4..])?);
    let centres = kmeans::run(&session, &alice, &bob, &Shared::public(start), 1)?.to_host();
    assert_close(&rows(&centres.elements.to_f64()), &expected);
    Ok(())
}

#[test]
fn impossible_numbers_are_refused() {
    refused(EXAMPLE, &["--clusters", "0"], "--clusters");
    refused(EXAMPLE, &["--points", "99"], "--points");
    refused(EXAMPLE, &["--iterations", "0"], "--iterations");
}
