//! Days and hours of a number of seconds since 1970, in UTC.

/// As `2026-11-24`.
pub fn day(seconds: u64) -> String {
    // Days since the first of March of the year 0: years then begin with March, and the leap day comes last (H. Hinnant).
    let days = seconds / 86_400 + 719_468;
    let (era, of_era) = (days / 146_097, days % 146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * march + 2) / 5 + 1;
    let month = if march < 10 { march + 3 } else { march - 9 };
    format!("{}-{month:02}-{day:02}", era * 400 + year + u64::from(month <= 2))
}

/// As `2026-11-24 17:05 UTC`.
pub fn minute(seconds: u64) -> String {
    format!("{} {:02}:{:02} UTC", day(seconds), seconds / 3600 % 24, seconds / 60 % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days() {
        assert_eq!(day(0), "1970-01-01");
        assert_eq!(day(951_782_400), "2000-02-29");
        assert_eq!(day(4_107_542_400), "2100-03-01");
        assert_eq!(minute(1_795_539_246), "2026-11-24 16:54 UTC");
    }
}
