//! Curves with no more points than can be seen.

/// x and y.
pub type Point = [f64; 2];

/// How far a curve may be moved by leaving points out: less than a pixel of a picture 400 wide.
const TOLERANCE: f64 = 0.000_8;

/// A curve in the unit square without the points that it does not need (Ramer 1972, Douglas and Peucker 1973): of each
/// stretch the point that is farthest from its chord is kept, until none is farther than the tolerance.
pub fn simplified(points: &[Point]) -> Vec<Point> {
    let needed = needed(points, TOLERANCE);
    rounded(points.iter().zip(needed).filter(|(_, needed)| *needed).map(|(point, _)| *point).collect())
}

/// Which of the points a curve needs for nothing of it to be farther than `tolerance` from where it was.
pub fn needed(points: &[Point], tolerance: f64) -> Vec<bool> {
    if points.len() < 3 {
        return vec![true; points.len()];
    }
    let mut needed = vec![false; points.len()];
    let mut stretches = vec![(0, points.len() - 1)];
    while let Some((first, last)) = stretches.pop() {
        (needed[first], needed[last]) = (true, true);
        let far = |i: usize| distance(points[i], points[first], points[last]);
        if let Some(farthest) = (first + 1..last).max_by(|&a, &b| far(a).total_cmp(&far(b)))
            && far(farthest) > tolerance
        {
            stretches.extend([(first, farthest), (farthest, last)]);
        }
    }
    needed
}

/// How far `point` is from the line segment between `a` and `b`.
fn distance(point: Point, a: Point, b: Point) -> f64 {
    let [along_x, along_y] = [b[0] - a[0], b[1] - a[1]];
    let length = along_x * along_x + along_y * along_y;
    let place = ((point[0] - a[0]) * along_x + (point[1] - a[1]) * along_y) / length;
    // A chord of no length is its end.
    let place = if length > 0.0 { place.clamp(0.0, 1.0) } else { 0.0 };
    (point[0] - a[0] - place * along_x).hypot(point[1] - a[1] - place * along_y)
}

/// The points as steps: from each to the height of the next, then along. `points` come with rising x; those that do not go
/// on are no step.
pub fn steps(points: &[Point]) -> Vec<Point> {
    let mut stepped: Vec<Point> = Vec::with_capacity(2 * points.len());
    let mut x = 0.0;
    for &[next, y] in points {
        if next == x {
            continue;
        }
        stepped.extend([[x, y], [next, y]]);
        x = next;
    }
    stepped
}

/// At most about `most` points: of each run of neighbours the lowest and the highest, so that no peak is lost.
pub fn extremes(points: &[Point], most: usize) -> Vec<Point> {
    if points.len() <= most {
        return points.to_vec();
    }
    let by_height = |a: &&Point, b: &&Point| a[1].total_cmp(&b[1]);
    let of = |run: &[Point]| {
        let mut ends: Vec<Point> =
            run.iter().min_by(by_height).into_iter().chain(run.iter().max_by(by_height)).copied().collect();
        ends.sort_by(|a, b| a[0].total_cmp(&b[0]));
        ends.dedup();
        ends
    };
    points.chunks(points.len().div_ceil(most / 2)).flat_map(of).collect()
}

/// With five decimals, which is finer than any picture.
pub fn rounded(points: Vec<Point>) -> Vec<Point> {
    points.into_iter().map(|point| point.map(|part| (part * 1e5).round() / 1e5)).collect()
}

/// The height of a curve with rising x at `x`, linearly between its points, and where it rises the top; none outside of it.
pub fn height(points: &[Point], x: f64) -> Option<f64> {
    let after = points.iter().position(|point| point[0] > x).unwrap_or(points.len());
    let before = *points.get(after.checked_sub(1)?)?;
    match points.get(after) {
        Some(next) => Some(before[1] + (x - before[0]) / (next[0] - before[0]) * (next[1] - before[1])),
        None => (before[0] == x).then_some(before[1]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_simplified_curve_is_the_same_to_the_eye() {
        let curve: Vec<Point> = (0..=5000).map(|i| f64::from(i) / 5000.0).map(|x| [x, x.powf(0.2)]).collect();
        let simple = simplified(&curve);
        assert!(simple.len() < 80, "{}", simple.len());
        assert_eq!((simple[0], simple[simple.len() - 1]), ([0.0, 0.0], [1.0, 1.0]));
        for point in curve {
            let nearest = simple.windows(2).map(|pair| distance(point, pair[0], pair[1])).fold(1.0, f64::min);
            assert!(nearest < 0.001, "{point:?}: {nearest}");
        }
        assert_eq!(simplified(&[[0.0, 0.0], [0.0, 0.5], [0.0, 1.0], [1.0, 1.0]]), [[0.0, 0.0], [0.0, 1.0], [1.0, 1.0]]);
        assert_eq!(simplified(&[[0.5, 0.5]; 4]), [[0.5, 0.5]; 2]);
        assert!(simplified(&[]).is_empty());
    }

    #[test]
    fn no_peak_is_lost() {
        let mut points: Vec<Point> = (0..10_000).map(|i| [f64::from(i), 0.5]).collect();
        points[1234][1] = 9.0;
        points[4321][1] = 0.0;
        let thin = extremes(&points, 100);
        assert!(thin.len() <= 102 && thin.contains(&[1234.0, 9.0]) && thin.contains(&[4321.0, 0.0]), "{}", thin.len());
        assert!(thin.is_sorted_by(|a, b| a[0] <= b[0]));
    }

    #[test]
    fn heights_are_read_off() {
        let curve = [[0.0, 0.0], [0.0, 0.5], [1.0, 1.0]];
        assert_eq!([0.0, 0.5, 1.0, 2.0].map(|x| height(&curve, x)), [Some(0.5), Some(0.75), Some(1.0), None]);
        assert_eq!(height(&[], 0.5), None);
        let points = [[0.0, 0.0], [0.5, 1.0], [0.5, 0.1], [1.0, 0.25], [1.0, 0.2]];
        assert_eq!(steps(&points), [[0.0, 1.0], [0.5, 1.0], [0.5, 0.25], [1.0, 0.25]]);
    }
}
