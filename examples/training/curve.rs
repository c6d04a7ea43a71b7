//! Curves over steps, as SVG.

use std::path::Path;

use plotters::prelude::*;

use crate::common::parties::Failure;

/// Draws named curves of one value a step; a step without a value leaves no point.
pub(crate) fn write(path: &Path, title: &str, curves: &[(&str, &[Option<f64>])]) -> Result<(), Failure> {
    draw(path, title, curves).map_err(|e| Failure::File(format!("cannot write {}: {e}", path.display())))
}

fn draw(
    path: &Path,
    title: &str,
    curves: &[(&str, &[Option<f64>])],
) -> Result<(), DrawingAreaErrorKind<std::io::Error>> {
    let points = |curve: &[Option<f64>]| -> Vec<(f64, f64)> {
        curve.iter().enumerate().filter_map(|(step, value)| Some((step as f64, (*value)?))).collect()
    };
    let curves: Vec<_> = curves.iter().map(|(name, curve)| (*name, points(curve))).collect();
    let values = curves.iter().flat_map(|(_, points)| points.iter().map(|point| point.1));
    let top = values.fold(0.0, f64::max).max(f64::MIN_POSITIVE);
    let steps = curves.iter().flat_map(|(_, points)| points.last()).fold(1.0, |most, point| f64::max(most, point.0));

    let area = SVGBackend::new(path, SIZE).into_drawing_area();
    area.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&area)
        .caption(title, ("sans-serif", 20))
        .margin(12)
        .x_label_area_size(40)
        .y_label_area_size(56)
        .build_cartesian_2d(0.0..steps, 0.0..top)?;
    chart.configure_mesh().x_desc("step").y_desc("loss").x_label_formatter(&|x| format!("{x:.0}")).draw()?;
    for (i, (name, points)) in curves.iter().enumerate() {
        let color = Palette99::pick(i).to_rgba();
        let line = chart.draw_series(LineSeries::new(points.iter().copied(), &color))?;
        line.label(*name).legend(move |(x, y)| PathElement::new([(x, y), (x + 16, y)], color));
    }
    chart.configure_series_labels().background_style(WHITE).border_style(BLACK).draw()?;
    area.present()
}

/// Width and height in pixels.
const SIZE: (u32, u32) = (800, 480);
