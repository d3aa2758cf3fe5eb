//! The arithmetic of the encoder on plain slices, with the widest instructions the processor has.
//!
//! candle's element-wise operations allocate a tensor each, and its quantised products want rows whose length
//! divides by 256, which this encoder's 384 does not. So between the matrix products everything is a loop
//! here, written once over `pulp`'s vectors and dispatched at run time; and on processors with AVX2 or AVX-512
//! VNNI the 4-bit products are here too ([`integer`]).
//!
//! Activations live in *panels*: a `[tokens, width]` matrix is stored as `width / 32` consecutive
//! `[tokens, 32]` matrices. A panel is what an attention head reads, what a quantisation block covers and
//! what a thread writes, so every loop runs over contiguous memory and threads never share a row.

#[expect(
    clippy::inline_always,
    reason = "a kernel compiles for the processor's vectors only inside the dispatching function"
)]
mod attention;
#[cfg(target_arch = "x86_64")]
pub(super) mod integer;
#[expect(
    clippy::inline_always,
    reason = "a kernel compiles for the processor's vectors only inside the dispatching function"
)]
mod pointwise;

#[cfg(test)]
mod tests;

use pulp::{Arch, WithSimd};

pub(super) use attention::Attend;
pub(super) use pointwise::{AddNorm, Gelu, Norm};

/// Columns of a panel, and values of a quantisation block.
pub(super) const PANEL: usize = 32;

/// What the processor this runs on can do.
#[derive(Debug, Clone, Copy)]
pub(super) struct Processor {
    arch: Arch,
    #[cfg(target_arch = "x86_64")]
    integer: Option<integer::Instructions>,
}

impl Processor {
    /// Asks the processor.
    pub(super) fn detect() -> Self {
        Self {
            arch: Arch::new(),
            #[cfg(target_arch = "x86_64")]
            integer: integer::Instructions::detect(),
        }
    }

    /// Everything this processor can pretend to be, for tests.
    #[cfg(test)]
    pub(super) fn variants() -> Vec<Self> {
        let best = Self::detect();
        let mut variants = vec![best];
        #[cfg(target_arch = "x86_64")]
        {
            let older = Self {
                integer: None,
                ..best
            };
            variants.extend(pulp::x86::V3::try_new().into_iter().flat_map(|simd| {
                [None, Some(integer::Instructions::Avx2)].map(|integer| Self {
                    arch: Arch::V3(simd),
                    integer,
                })
            }));
            variants.push(Self {
                arch: Arch::Scalar,
                ..older
            });
        }
        variants
    }

    /// Whether [`Processor::run_integer`] may be called.
    pub(super) fn has_integer_products(self) -> bool {
        #[cfg(target_arch = "x86_64")]
        let has = self.integer.is_some();
        #[cfg(not(target_arch = "x86_64"))]
        let has = false;
        has
    }

    /// Runs a loop.
    pub(super) fn run<K: WithSimd>(self, kernel: K) -> K::Output {
        self.arch.dispatch(kernel)
    }

    /// Does a part of an integer product.
    ///
    /// # Panics
    /// Without [`Processor::has_integer_products`], or when slices do not have the documented lengths.
    #[cfg(target_arch = "x86_64")]
    pub(super) fn run_integer(self, step: integer::Step<'_>) {
        #[expect(
            unsafe_code,
            reason = "the functions need the instructions they are named after, and `integer` is set only where the processor says it has them"
        )]
        match self.integer {
            Some(integer::Instructions::Vnni) => unsafe { step.run_vnni() },
            Some(integer::Instructions::Avx2) => unsafe { step.run_avx2() },
            None => panic!("the processor has no integer products"),
        }
    }
}
