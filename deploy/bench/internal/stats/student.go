package stats

import "math"

// Quantile returns the quantile of Student's t distribution for a probability
// between 0.5 and 1.
func Quantile(p float64, freedom int) float64 {
	low, high := 0.0, 1.0
	for distribution(high, freedom) < p {
		high *= 2
	}
	for range 100 {
		middle := (low + high) / 2
		if distribution(middle, freedom) < p {
			low = middle
		} else {
			high = middle
		}
	}
	return (low + high) / 2
}

// steps of Simpson's rule. The substitution below makes the integrand smooth on a
// bounded interval, so the error is far below that of any measurement.
const steps = 400

// distribution is the probability of a value up to x, for x >= 0. With t =
// sqrt(freedom) tan(angle) the density becomes proportional to
// cos(angle)^(freedom-1).
func distribution(x float64, freedom int) float64 {
	n := float64(freedom)
	end := math.Atan(x / math.Sqrt(n))
	width := end / steps
	sum := 0.0
	for i := range steps + 1 {
		weight := 2.0
		switch {
		case i == 0 || i == steps:
			weight = 1
		case i%2 == 1:
			weight = 4
		}
		sum += weight * math.Pow(math.Cos(float64(i)*width), n-1)
	}
	above, _ := math.Lgamma((n + 1) / 2)
	below, _ := math.Lgamma(n / 2)
	return 0.5 + sum*width/3*math.Exp(above-below)/math.Sqrt(math.Pi)
}
