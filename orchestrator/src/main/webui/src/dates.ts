// SPDX-License-Identifier: Apache-2.0

const DAY = 86_400_000;

/** A heading of the list, as "Today" or "March 2026". */
export function dayHeading(time: string, now = new Date(), language = "en"): string {
  const date = new Date(time);
  const days = Math.round((midnight(now) - midnight(date)) / DAY);
  if (days <= 1) {
    const words = new Intl.RelativeTimeFormat(language, { numeric: "auto" }).format(-Math.max(days, 0), "day");
    return words.charAt(0).toLocaleUpperCase(language) + words.slice(1);
  }
  return days < 7
    ? new Intl.DateTimeFormat(language, { weekday: "long" }).format(date)
    : new Intl.DateTimeFormat(language, { month: "long", year: "numeric" }).format(date);
}

const midnight = (date: Date) => new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();

/** A moment in full. */
export function formatMoment(time: string, language = "en"): string {
  return new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" }).format(new Date(time));
}

/** Things in the order they have, joined under the same headings. */
export function grouped<T>(all: readonly T[], heading: (each: T) => string): { heading: string; members: T[] }[] {
  const groups: { heading: string; members: T[] }[] = [];
  for (const each of all) {
    const name = heading(each);
    if (groups.at(-1)?.heading !== name) {
      groups.push({ heading: name, members: [] });
    }
    groups.at(-1)!.members.push(each);
  }
  return groups;
}
