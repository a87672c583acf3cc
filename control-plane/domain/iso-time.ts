/**
 * Milliseconds since 1970 as ISO 8601 in UTC, for sentences that pure code writes; it has no `Date`. The calendar is
 * that of Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms" (civil_from_days), exact for all years.
 */

const DAY_MS = 86_400_000;
/** Days from 0000-03-01, where the algorithm counts from, to 1970-01-01. */
const DAYS_TO_1970 = 719_468;
/** Days of 400 years, after which the calendar repeats. */
const DAYS_PER_ERA = 146_097;

/** Such as `2026-01-01T03:12:07.250Z`. Parts of milliseconds are dropped. */
export function isoTime(at: number): string {
  const whole = Math.floor(at);
  const days = Math.floor(whole / DAY_MS);
  const ms = whole - days * DAY_MS;
  const { year, month, day } = civilFromDays(days);
  const hours = Math.floor(ms / 3_600_000);
  const minutes = Math.floor(ms / 60_000) % 60;
  const seconds = Math.floor(ms / 1_000) % 60;
  const date = `${digits(year, 4)}-${digits(month, 2)}-${digits(day, 2)}`;
  return `${date}T${digits(hours, 2)}:${digits(minutes, 2)}:${digits(seconds, 2)}.${digits(ms % 1_000, 3)}Z`;
}

function civilFromDays(days: number): { year: number; month: number; day: number } {
  const shifted = days + DAYS_TO_1970;
  const era = Math.floor(shifted / DAYS_PER_ERA);
  const dayOfEra = shifted - era * DAYS_PER_ERA;
  const leapDays =
    Math.floor(dayOfEra / 1_460) - Math.floor(dayOfEra / 36_524) + Math.floor(dayOfEra / 146_096);
  const yearOfEra = Math.floor((dayOfEra - leapDays) / 365);
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  // Years begin in March here, so that the leap day is the last of them.
  const marchMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * marchMonth + 2) / 5) + 1;
  const month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9;
  return { year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day };
}

function digits(value: number, width: number): string {
  return String(value).padStart(width, '0');
}
