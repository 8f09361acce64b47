//! The sums of a purse and who waits for money: data and decisions, without time or ledger.

use deckhands_model::Usd;
use tokio::sync::oneshot;

use super::line::{Answer, Line};
use super::{PurseState, Refused};
use crate::money::ledger::{LedgerError, Refusal};

/// Whom a closing purse tells.
type Closer = oneshot::Sender<Result<(), LedgerError>>;

/// How far a purse's life is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) enum Life {
    /// Money can be reserved.
    #[default]
    Open,
    /// What it has is being told to the ledger for the last time.
    Closing,
    /// It has nothing any more.
    Closed,
    /// Its task is gone without having closed it.
    Dead,
}

/// Whether a slice is wanted before anybody waits for it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
enum Ahead {
    #[default]
    No,
    Wanted,
    /// It did not come; not asked for again until a draw that somebody needed was granted.
    Denied,
}

/// A draw that the task makes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Wish {
    pub(super) least: Usd,
    pub(super) wanted: Usd,
    /// Nobody waits for it yet.
    pub(super) ahead: bool,
}

/// Invariant: `reserved + unsettled <= open`, except by what calls cost beyond what was reserved for them; nobody
/// is let in while that lasts. `open` is what the ledger has open for this purse.
#[derive(Default)]
pub(super) struct State {
    pub(super) life: Life,
    /// In the ledger: drawn, and neither told as spent nor given back.
    open: Usd,
    /// Held for calls that have not ended.
    reserved: Usd,
    /// Spent, and not yet told the ledger.
    unsettled: Usd,
    drawn: Usd,
    spent: Usd,
    uncertain: Usd,
    /// The newest call's worst case: how large slices are.
    size: Usd,
    ahead: Ahead,
    waiting: Line,
    closers: Vec<Closer>,
}

impl State {
    /// Reserves at once where it fits and nobody is before.
    pub(super) fn admit(&mut self, worst: Usd) -> bool {
        let fits = worst.is_zero() || (self.waiting.is_empty() && self.fits(worst));
        if fits {
            self.hold(worst);
        }
        fits
    }

    /// Puts one more in line.
    pub(super) fn queue(&mut self, worst: Usd) -> oneshot::Receiver<Answer> {
        self.waiting.join(worst)
    }

    /// Whether from now on a slice is wanted ahead, since less is left than for `low` calls like this one.
    pub(super) fn wants_ahead(&mut self, worst: Usd, low: u32) -> bool {
        let wants = self.ahead == Ahead::No && self.free() < worst.saturating_mul(low.into());
        if wants {
            self.ahead = Ahead::Wanted;
        }
        wants
    }

    /// Ends a reservation. Whether the task must look.
    pub(super) fn finish(&mut self, worst: Usd, spent: Usd, certain: bool) -> bool {
        if self.life != Life::Open {
            // Closing has booked it already.
            return false;
        }
        let first = self.unsettled.is_zero();
        self.reserved = self.reserved.saturating_sub(worst);
        self.book(spent, certain);
        first || self.reserved.is_zero() || !self.waiting.is_empty()
    }

    /// Begins to close, and keeps whom to tell unless that is over. How far it was.
    pub(super) fn close(&mut self, closer: Closer) -> Life {
        let life = self.life;
        match life {
            Life::Open => {
                self.life = Life::Closing;
                let reserved = std::mem::take(&mut self.reserved);
                self.book(reserved, false);
                self.turn_away(&Refused::Closed);
                self.closers.push(closer);
            }
            Life::Closing => self.closers.push(closer),
            Life::Closed | Life::Dead => {}
        }
        life
    }

    /// Tells everybody who waits for the end how it went.
    pub(super) fn tell_closers(&mut self, result: &Result<(), LedgerError>) {
        for closer in self.closers.drain(..) {
            // Whoever does not listen any more need not know.
            let _ = closer.send(result.clone());
        }
    }

    /// Whether somebody waits for the end.
    pub(super) fn is_awaited(&self) -> bool {
        !self.closers.is_empty()
    }

    /// The task is gone: nobody can be served any more.
    pub(super) fn die(&mut self) {
        if self.life != Life::Closed {
            self.life = Life::Dead;
        }
        self.waiting.clear();
        self.closers.clear();
    }

    /// Lets in who fits, in order, and tells the draw that the first one needs who does not. Besides it
    /// `slice` more like it are wanted.
    pub(super) fn serve(&mut self, slice: u32) -> Option<Wish> {
        while let Some(worst) = self.waiting.first() {
            if !self.fits(worst) {
                let least = self.missing(worst);
                return Some(Wish {
                    least,
                    wanted: least.saturating_add(worst.saturating_mul(slice.into())),
                    ahead: false,
                });
            }
            self.let_in(worst);
        }
        let wanted = self.size.saturating_mul(slice.into());
        let wish = Wish {
            least: wanted,
            wanted,
            ahead: true,
        };
        (self.ahead == Ahead::Wanted && !wanted.is_zero()).then_some(wish)
    }

    /// A draw was granted.
    pub(super) fn granted(&mut self, amount: Usd) {
        self.open = self.open.saturating_add(amount);
        self.drawn = self.drawn.saturating_add(amount);
        self.ahead = Ahead::No;
    }

    /// A draw was refused. The first in line is told so if he still needs as much.
    pub(super) fn refused(&mut self, wish: Wish, refusal: Refusal) {
        self.ahead = Ahead::Denied;
        let first = self.waiting.first().filter(|_| !wish.ahead);
        if first.is_some_and(|worst| !self.fits(worst) && self.missing(worst) >= wish.least) {
            self.waiting.answer(Err(Refused::Cap(refusal)));
        }
    }

    /// A draw failed. Whoever does not fit without one is told so.
    pub(super) fn failed(&mut self, wish: Wish, error: LedgerError) {
        self.ahead = Ahead::Denied;
        if !wish.ahead {
            self.turn_away(&Refused::Ledger(error));
        }
    }

    /// What the ledger has not been told of as spent.
    pub(super) const fn unsettled(&self) -> Usd {
        self.unsettled
    }

    /// Whether more is here than calls need.
    pub(super) const fn has_free(&self) -> bool {
        !self.free().is_zero()
    }

    /// Takes all that is free out of the purse, so that nobody reserves it while it is being given back.
    pub(super) fn take_free(&mut self) -> Usd {
        let free = self.free();
        self.open = self.open.saturating_sub(free);
        free
    }

    /// The ledger has been told.
    pub(super) fn settled(&mut self, spent: Usd, back: Usd) {
        self.open = self.open.saturating_sub(spent);
        self.unsettled = self.unsettled.saturating_sub(spent);
        self.drawn = self.drawn.saturating_sub(back);
    }

    /// The ledger has not been told: what was to be given back is here as before.
    pub(super) fn kept(&mut self, back: Usd) {
        self.open = self.open.saturating_add(back);
    }

    /// Whether the ledger has nothing of this purse open, and knows all that was spent.
    pub(super) const fn is_empty(&self) -> bool {
        self.open.is_zero() && self.unsettled.is_zero()
    }

    pub(super) const fn shown(&self) -> PurseState {
        PurseState {
            drawn: self.drawn,
            reserved: self.reserved,
            spent: self.spent,
            uncertain: self.uncertain,
        }
    }

    fn hold(&mut self, worst: Usd) {
        self.reserved = self.reserved.saturating_add(worst);
        self.size = worst;
    }

    fn book(&mut self, spent: Usd, certain: bool) {
        self.unsettled = self.unsettled.saturating_add(spent);
        self.spent = self.spent.saturating_add(spent);
        if !certain {
            self.uncertain = self.uncertain.saturating_add(spent);
        }
    }

    /// The first one in line.
    fn let_in(&mut self, worst: Usd) {
        if self.waiting.answer(Ok(())) {
            self.hold(worst);
        }
    }

    /// Everybody for whom there is no money here.
    fn turn_away(&mut self, refused: &Refused) {
        while let Some(worst) = self.waiting.first() {
            if self.life == Life::Open && self.fits(worst) {
                self.let_in(worst);
            } else {
                self.waiting.answer(Err(refused.clone()));
            }
        }
    }

    const fn bound(&self) -> Usd {
        self.reserved.saturating_add(self.unsettled)
    }

    const fn free(&self) -> Usd {
        self.open.saturating_sub(self.bound())
    }

    fn fits(&self, worst: Usd) -> bool {
        worst <= self.free()
    }

    /// How much must be drawn before it fits.
    fn missing(&self, worst: Usd) -> Usd {
        let needed = self.bound().saturating_add(worst);
        needed.saturating_sub(self.open)
    }
}
