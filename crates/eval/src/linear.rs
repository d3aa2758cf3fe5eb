//! Linear systems of a few unknowns, as Newton's method needs them.

/// Solves `a · x = b` by elimination with partial pivoting. `a` is square, row by row, and positive definite, as
/// the curvature of a penalised likelihood is.
///
/// # Panics
/// When the sizes differ.
pub(crate) fn solve(mut a: Vec<Vec<f64>>, mut b: Vec<f64>) -> Vec<f64> {
    let n = b.len();
    assert!(
        a.len() == n && a.iter().all(|row| row.len() == n),
        "the system is square"
    );
    for column in 0..n {
        let pivot = (column..n)
            .max_by(|i, j| a[*i][column].abs().total_cmp(&a[*j][column].abs()))
            .unwrap_or(column);
        a.swap(column, pivot);
        b.swap(column, pivot);
        let upper = a[column].clone();
        for row in column + 1..n {
            let factor = a[row][column] / upper[column];
            for (value, above) in a[row].iter_mut().zip(&upper).skip(column) {
                *value -= factor * above;
            }
            b[row] -= factor * b[column];
        }
    }
    let mut x = vec![0.0; n];
    for row in (0..n).rev() {
        let known: f64 = (row + 1..n).map(|k| a[row][k] * x[k]).sum();
        x[row] = (b[row] - known) / a[row][row];
    }
    x
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_system_is_solved() {
        let x = solve(vec![vec![0.0, 2.0], vec![4.0, 1.0]], vec![2.0, 9.0]);
        assert!((x[0] - 2.0).abs() < 1e-12 && (x[1] - 1.0).abs() < 1e-12);
    }
}
