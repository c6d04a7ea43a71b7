//! How far training is: a bar on a terminal, a line now and then elsewhere.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

/// Shows steps on standard error.
pub(crate) struct Progress {
    bar: ProgressBar,
    lines: bool,
    steps: u64,
    done: u64,
    started: Instant,
    spoke: Option<Instant>,
    loss: Option<f64>,
}

impl Progress {
    /// For this many steps; `shown` is false at parties that say nothing.
    pub(crate) fn new(steps: u64, shown: bool) -> Self {
        let bar = if shown { ProgressBar::new(steps) } else { ProgressBar::hidden() };
        let style = ProgressStyle::with_template("step {pos}/{len} [{bar:30}] {msg}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("=> "));
        let lines = shown && bar.is_hidden();
        Self { bar, lines, steps, done: 0, started: Instant::now(), spoke: None, loss: None }
    }

    /// One more step is done; its loss, if it was revealed.
    pub(crate) fn step(&mut self, loss: Option<f64>) {
        self.done += 1;
        self.loss = loss.or(self.loss);
        self.bar.set_message(self.message());
        self.bar.inc(1);
        let due = self.spoke.is_none_or(|at| at.elapsed() > BETWEEN_LINES) || self.done == self.steps;
        if self.lines && due {
            eprintln!("step {}/{} {}", self.done, self.steps, self.message());
            self.spoke = Some(Instant::now());
        }
    }

    /// Leaves the bar as it stands.
    pub(crate) fn finish(self) {
        self.bar.abandon();
    }

    /// `loss 0.4321, 0.081 s/step, 1:05 left`.
    fn message(&self) -> String {
        let each = self.started.elapsed().as_secs_f64() / self.done as f64;
        let left = (each * (self.steps - self.done) as f64).round() as u64;
        let loss = self.loss.map_or_else(|| "not revealed yet".into(), |loss| format!("{loss:.4}"));
        format!("loss {loss}, {each:.3} s/step, {}:{:02} left", left / 60, left % 60)
    }
}

const BETWEEN_LINES: Duration = Duration::from_secs(10);
