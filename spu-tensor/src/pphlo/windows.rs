//! Sliding windows: which elements each window has.

use crate::shape::Shape;
use crate::strided::each;

/// A window over every axis of a tensor, an entry for each axis.
///
/// Along one axis of extent n the padded extent is low + n + high, a window covers dilation·(size − 1) + 1 of it, and windows
/// begin at 0, stride, 2·stride, … as long as they fit. The elements of a window are numbered row-major, and those that lie
/// in the padding are left out: the others move up.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Window {
    /// How many elements, at least one.
    pub sizes: Vec<usize>,
    /// How far apart windows begin, at least one.
    pub strides: Vec<usize>,
    /// How far apart a window's elements are, at least one.
    pub dilations: Vec<usize>,
    /// Padding in front.
    pub low: Vec<usize>,
    /// Padding behind.
    pub high: Vec<usize>,
}

impl Window {
    /// Windows of these sizes, one after another, without dilation and padding.
    pub fn tiles(sizes: impl Into<Vec<usize>>) -> Self {
        let sizes = sizes.into();
        let (ones, zeros) = (vec![1; sizes.len()], vec![0; sizes.len()]);
        Self { strides: sizes.clone(), dilations: ones, low: zeros.clone(), high: zeros, sizes }
    }

    /// Elements of a window, those in the padding included.
    pub fn elements(&self) -> usize {
        self.sizes.iter().product()
    }

    /// How many windows there are along each axis of a tensor of this shape, or what is wrong.
    pub fn counts(&self, shape: &Shape) -> Result<Shape, String> {
        let rank = shape.rank();
        let parts = [&self.sizes, &self.strides, &self.dilations, &self.low, &self.high];
        if parts.iter().any(|part| part.len() != rank) {
            return Err(format!("cannot move windows over {shape}: they need an entry for each of its {rank} axes"));
        }
        if parts[..3].iter().any(|part| part.contains(&0)) {
            return Err(format!("cannot move windows over {shape}: a size, stride or dilation is 0"));
        }
        let count = |axis: usize| {
            let covered = (self.sizes[axis] - 1).checked_mul(self.dilations[axis])?.checked_add(1)?;
            let padded = shape.extents()[axis].checked_add(self.low[axis])?.checked_add(self.high[axis])?;
            padded.checked_add(isize::MAX as usize)?;
            Some(padded.checked_sub(covered).map_or(0, |room| room / self.strides[axis] + 1))
        };
        let counts: Option<Vec<usize>> = (0..rank).map(count).collect();
        let counts = counts.ok_or_else(|| format!("cannot move windows over {shape}: they are too large"))?;
        let all = counts.iter().chain(&self.sizes).try_fold(1usize, |n, &count| n.checked_mul(count));
        match all.filter(|&n| isize::try_from(n).is_ok()) {
            Some(_) => Ok(Shape::new(counts)),
            None => Err(format!("cannot move windows over {shape}: there are too many elements")),
        }
    }

    /// Whether some window lies wholly in the padding, or the tensor has no elements to fill one.
    pub fn has_empty_window(&self, shape: &Shape) -> bool {
        let along = |axis: usize| {
            let one = self.along(axis, shape);
            one.iter().any(Vec::is_empty)
        };
        (0..shape.rank()).any(along)
    }

    /// The places of all windows' elements in a row-major tensor of this shape, window after window, each with
    /// [`Window::elements`] entries: those that exist, then, for the ones in the padding, `filler` of the last that exists.
    pub fn places<T>(&self, shape: &Shape, place: impl Fn(usize) -> T, filler: impl Fn(Option<usize>) -> T) -> Vec<T> {
        let counts = self.counts(shape).expect("the window was checked");
        let mut all = Vec::with_capacity(counts.elements() * self.elements());
        self.visit(shape, |existing, missing| {
            all.extend(existing.iter().map(|&at| place(at)));
            all.extend((0..missing).map(|_| filler(existing.last().copied())));
        });
        all
    }

    /// Calls `window` for each window in order with the places of its elements in a row-major tensor of this shape, and how many
    /// more lie in the padding.
    pub fn visit(&self, shape: &Shape, mut window: impl FnMut(&[usize], usize)) {
        let strides = shape.strides();
        if self.low.iter().chain(&self.high).all(|&side| side == 0) {
            // All windows are alike.
            let steps =
                |of: &[usize]| of.iter().zip(&strides).map(|(n, stride)| (n * stride) as isize).collect::<Vec<_>>();
            let mut offsets = Vec::with_capacity(self.elements());
            each(&Shape::new(self.sizes.clone()), &steps(&self.dilations), 0, |at| offsets.push(at));
            let counts = self.counts(shape).expect("the window was checked");
            let mut places = vec![0; offsets.len()];
            each(&counts, &steps(&self.strides), 0, |first| {
                places.iter_mut().zip(&offsets).for_each(|(place, offset)| *place = first + offset);
                window(&places, 0);
            });
            return;
        }
        // Offsets on each axis: for every window along it, those of its elements that exist.
        let axes: Vec<Vec<Vec<usize>>> = (0..shape.rank())
            .map(|axis| {
                let scaled = |window: Vec<usize>| window.into_iter().map(|i| i * strides[axis]).collect();
                self.along(axis, shape).into_iter().map(scaled).collect()
            })
            .collect();
        let width = self.elements();
        let mut windows = vec![0; axes.len()];
        if axes.iter().any(Vec::is_empty) {
            return;
        }
        let (mut existing, mut next) = (Vec::with_capacity(width), Vec::with_capacity(width));
        loop {
            existing.clear();
            existing.push(0);
            for (axis, &window) in axes.iter().zip(&windows) {
                next.clear();
                next.extend(existing.iter().flat_map(|first| axis[window].iter().map(move |offset| first + offset)));
                std::mem::swap(&mut existing, &mut next);
            }
            window(&existing, width - existing.len());
            let Some(axis) = (0..axes.len()).rev().find(|&axis| windows[axis] + 1 < axes[axis].len()) else {
                return;
            };
            windows[axis] += 1;
            windows[axis + 1..].fill(0);
        }
    }

    /// For each window along one axis, the indices that exist.
    fn along(&self, axis: usize, shape: &Shape) -> Vec<Vec<usize>> {
        let extent = shape.extents()[axis];
        let counts = self.counts(shape).expect("the window was checked");
        let window = |w: usize| {
            let padded = (0..self.sizes[axis]).map(move |i| w * self.strides[axis] + i * self.dilations[axis]);
            padded.filter_map(|at| at.checked_sub(self.low[axis])).filter(|&at| at < extent).collect()
        };
        (0..counts.extents()[axis]).map(window).collect()
    }
}

/// The elements of all windows of a tensor of this shape, window after window; what lies in the padding is zero, or with
/// `repeat` the last element that exists.
pub fn gathered<T: Copy + Default>(x: &[T], shape: &Shape, window: &Window, repeat: bool) -> Vec<T> {
    window.places(shape, |at| x[at], |last| last.filter(|_| repeat).map_or(T::default(), |at| x[at]))
}

/// The reverse way: what the elements of all windows add up to in a tensor of this shape, where [`gathered`] took them from.
pub fn scattered<T: Copy + Default>(
    x: &[T],
    shape: &Shape,
    window: &Window,
    repeat: bool,
    add: impl Fn(T, T) -> T,
) -> Vec<T> {
    let mut sums = vec![T::default(); shape.elements()];
    let mut windows = x.chunks_exact(window.elements());
    window.visit(shape, |places, missing| {
        let elements = windows.next().expect("as many as there are windows");
        places.iter().zip(elements).for_each(|(&at, &x)| sums[at] = add(sums[at], x));
        if let Some(&last) = places.last().filter(|_| repeat && missing > 0) {
            elements[places.len()..].iter().for_each(|&x| sums[last] = add(sums[last], x));
        }
    });
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOTHING: usize = usize::MAX;

    fn places(window: &Window, shape: Shape) -> Vec<usize> {
        window.places(&shape, |at| at, |_| NOTHING)
    }

    #[test]
    fn tiles_cover_a_matrix() {
        let window = Window::tiles([2, 3]);
        assert_eq!(window.counts(&[4, 6].into()).unwrap(), Shape::from([2, 2]));
        assert_eq!(places(&window, [2, 6].into()), [0, 1, 2, 6, 7, 8, 3, 4, 5, 9, 10, 11]);
        // What does not fill a window is left out.
        assert_eq!(window.counts(&[3, 5].into()).unwrap(), Shape::from([1, 1]));
        assert_eq!(window.counts(&[1, 5].into()).unwrap(), Shape::from([0, 1]));
    }

    #[test]
    fn padding_is_left_out_and_the_rest_moves_up() {
        let window = Window { strides: vec![2], low: vec![1], high: vec![2], ..Window::tiles([3]) };
        assert_eq!(window.counts(&[4].into()).unwrap(), Shape::from([3]));
        assert_eq!(places(&window, [4].into()), [0, 1, NOTHING, 1, 2, 3, 3, NOTHING, NOTHING]);
        assert_eq!(window.places(&[4].into(), |at| at, |last| last.unwrap()), [0, 1, 1, 1, 2, 3, 3, 3, 3]);
        assert!(!window.has_empty_window(&[4].into()));
        assert!(Window { high: vec![5], ..window }.has_empty_window(&[4].into()));
    }

    #[test]
    fn dilated_windows_skip() {
        let window = Window { strides: vec![1], dilations: vec![2], ..Window::tiles([2]) };
        assert_eq!(places(&window, [4].into()), [0, 2, 1, 3]);
    }

    #[test]
    fn scalars_and_empty_tensors() {
        assert_eq!(places(&Window::tiles([]), Shape::SCALAR), [0]);
        assert!(places(&Window::tiles([2]), [0].into()).is_empty());
    }

    #[test]
    fn faults_are_named() {
        let fault = |window: Window| window.counts(&[4].into()).unwrap_err();
        assert!(fault(Window::tiles([2, 2])).contains("an entry for each of its 1 axes"));
        assert!(fault(Window { strides: vec![0], ..Window::tiles([2]) }).contains("is 0"));
        assert!(fault(Window { low: vec![usize::MAX], ..Window::tiles([2]) }).contains("too large"));
    }
}
