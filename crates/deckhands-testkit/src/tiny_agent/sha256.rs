//! SHA-256 (FIPS 180-4), because the program may use nothing but the standard library.

/// Bytes that are mixed in at a time.
const BLOCK: usize = 64;

/// The digest of a text.
pub(crate) fn digest(bytes: &[u8]) -> [u8; 32] {
    let primes = primes();
    let mut state = [0; 8];
    for (word, prime) in state.iter_mut().zip(&primes) {
        *word = fraction(*prime, 2);
    }
    let constants: Vec<u32> = primes.iter().map(|prime| fraction(*prime, 3)).collect();
    for block in padded(bytes).chunks_exact(BLOCK) {
        mix(&mut state, block, &constants);
    }
    let mut digest = [0; 32];
    for (bytes, word) in digest.chunks_exact_mut(4).zip(state) {
        bytes.copy_from_slice(&word.to_be_bytes());
    }
    digest
}

/// The text, a set bit, zeros, and the length in bits: whole blocks.
fn padded(bytes: &[u8]) -> Vec<u8> {
    let bits = u64::try_from(bytes.len()).unwrap_or(u64::MAX) * 8;
    let mut all = bytes.to_vec();
    all.push(0x80);
    while all.len() % BLOCK != BLOCK - 8 {
        all.push(0);
    }
    all.extend(bits.to_be_bytes());
    all
}

fn mix(state: &mut [u32; 8], block: &[u8], constants: &[u32]) {
    let words = block.chunks_exact(4);
    let mut words: Vec<u32> = words
        .map(|word| u32::from_be_bytes([word[0], word[1], word[2], word[3]]))
        .collect();
    for t in words.len()..constants.len() {
        let (early, late) = (words[t - 15], words[t - 2]);
        let early = early.rotate_right(7) ^ early.rotate_right(18) ^ (early >> 3);
        let late = late.rotate_right(17) ^ late.rotate_right(19) ^ (late >> 10);
        let sum = words[t - 16].wrapping_add(early);
        words.push(sum.wrapping_add(words[t - 7]).wrapping_add(late));
    }
    let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = *state;
    for (word, constant) in words.iter().zip(constants) {
        let turned = e.rotate_right(6) ^ e.rotate_right(11) ^ e.rotate_right(25);
        let chosen = (e & f) ^ (!e & g);
        let sum = h.wrapping_add(turned).wrapping_add(chosen);
        let first = sum.wrapping_add(*constant).wrapping_add(*word);
        let turned = a.rotate_right(2) ^ a.rotate_right(13) ^ a.rotate_right(22);
        let most = (a & b) ^ (a & c) ^ (b & c);
        let second = turned.wrapping_add(most);
        (h, g, f, e) = (g, f, e, d.wrapping_add(first));
        (d, c, b, a) = (c, b, a, first.wrapping_add(second));
    }
    for (word, add) in state.iter_mut().zip([a, b, c, d, e, f, g, h]) {
        *word = word.wrapping_add(add);
    }
}

/// The first 64 primes, from which all constants come.
fn primes() -> Vec<u128> {
    let is_prime = |n: &u128| {
        (2..*n)
            .take_while(|d| d * d <= *n)
            .all(|d| !n.is_multiple_of(d))
    };
    (2..).filter(is_prime).take(64).collect()
}

/// The first 32 bits behind the point of a prime's square or cube root.
fn fraction(prime: u128, power: u32) -> u32 {
    let scaled = prime << (32 * power);
    let (mut low, mut high) = (0_u128, 1_u128 << 40);
    while high - low > 1 {
        let middle = u128::midpoint(low, high);
        if middle.pow(power) <= scaled {
            low = middle;
        } else {
            high = middle;
        }
    }
    let bytes = low.to_le_bytes();
    u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])
}
