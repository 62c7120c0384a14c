// Texts for people, translated by Django's JavaScript catalogue where the page has one.
const catalogue = globalThis.django;

export const gettext = catalogue?.gettext ?? ((text) => text);
export const ngettext = catalogue?.ngettext ?? ((one, many, count) => (count === 1 ? one : many));

/** format("%(name)s waits", {name}) */
export const format = (text, values) => text.replace(/%\((\w+)\)s/g, (whole, name) => values[name] ?? whole);
