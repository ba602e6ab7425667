//! Axes with ticks at round numbers.

/// An axis, its range on whole ticks.
#[derive(Debug, Clone)]
pub struct Axis {
    /// What it counts.
    pub label: &'static str,
    /// Its beginning.
    pub from: f64,
    /// Its end.
    pub to: f64,
    step: f64,
}

impl Axis {
    /// From 0 to 1.
    pub fn share(label: &'static str) -> Self {
        Self { label, from: 0.0, to: 1.0, step: 0.2 }
    }

    /// As far as `values` reach, with four to eight ticks at round numbers.
    pub fn fitting(label: &'static str, values: impl Iterator<Item = f64>) -> Self {
        let (low, high) = values
            .filter(|value| value.is_finite())
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)));
        if low > high {
            return Self::share(label);
        }
        // One value alone stands in the middle of a range of its own size.
        let (low, high) = if high - low > 1e-9 * high.abs().max(1e-3) {
            (low, high)
        } else {
            let around = if low == 0.0 { 1.0 } else { low.abs() / 2.0 };
            (low - around, high + around)
        };
        let rough = (high - low) / 6.0;
        let power = 10f64.powf(rough.log10().floor());
        let step = [1.0, 2.0, 5.0, 10.0].map(|factor| factor * power).into_iter().find(|step| *step >= rough);
        let step = step.unwrap_or(10.0 * power);
        Self { label, from: (low / step).floor() * step, to: (high / step).ceil() * step, step }
    }

    /// The ticks, and as they are written.
    pub fn ticks(&self) -> impl Iterator<Item = (f64, String)> {
        let decimals = (-(self.step * 1.000_001).log10().floor()).max(0.0) as usize;
        let count = ((self.to - self.from) / self.step).round() as usize;
        (0..=count).map(move |i| {
            let tick = self.from + self.step * i as f64;
            // Rounding may leave a 0 with a sign.
            let tick = if tick.abs() < self.step / 2.0 { 0.0 } else { tick };
            (tick, format!("{tick:.decimals$}"))
        })
    }

    /// Where `value` is, from 0 to 1.
    pub fn place(&self, value: f64) -> f64 {
        (value - self.from) / (self.to - self.from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_numbers() {
        let ticks = |values: &[f64]| -> Vec<String> {
            Axis::fitting("loss", values.iter().copied()).ticks().map(|(_, words)| words).collect()
        };
        assert_eq!(ticks(&[0.03, 0.71]), ["0.0", "0.2", "0.4", "0.6", "0.8"]);
        assert_eq!(ticks(&[1.0, 1000.0]), ["0", "200", "400", "600", "800", "1000"]);
        assert_eq!(ticks(&[0.951, 0.962]), ["0.950", "0.952", "0.954", "0.956", "0.958", "0.960", "0.962"]);
        assert_eq!(ticks(&[-0.1, 0.1]), ["-0.10", "-0.05", "0.00", "0.05", "0.10"]);
        for alone in [0.0, 0.7, -3.0, 1e-9, 1e9] {
            assert!((4..=9).contains(&ticks(&[alone]).len()), "{alone}: {:?}", ticks(&[alone]));
        }
        assert_eq!(
            Axis::share("x").ticks().map(|(_, words)| words).collect::<Vec<_>>().join(" "),
            "0.0 0.2 0.4 0.6 0.8 1.0"
        );
    }
}
