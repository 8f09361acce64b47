//! OpenHands 0.59 in its headless form.
