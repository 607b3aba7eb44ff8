// Elements of the page. Data becomes text nodes only: nothing in it is ever read as HTML, as a style or as a script.

const element = (tag, properties = {}, ...children) => {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === false) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (name === "left" || name === "width" || name === "depth") made.style.setProperty(`--${name}`, value);
    else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== undefined && child !== null));
  return made;
};

// The text with each of the searched words marked.
const marked = (text, words) => {
  const low = text.toLowerCase();
  const made = element("span");
  if (!words.length || low.length !== text.length) {
    made.append(text);
    return made;
  }
  let position = 0;
  while (position < text.length) {
    const found = words
      .map((word) => [low.indexOf(word, position), word.length])
      .filter(([place]) => place >= 0)
      .sort(([one], [other]) => one - other)[0];
    if (!found) break;
    made.append(text.slice(position, found[0]), element("mark", {}, text.slice(found[0], found[0] + found[1])));
    position = found[0] + found[1];
  }
  made.append(text.slice(position));
  return made;
};

const choices = (select, all, values) => {
  const options = [...new Set(values.filter(Boolean))].sort();
  select.append(element("option", { value: "" }, all), ...options.map((value) => element("option", { value }, value)));
  select.hidden = options.length < 2;
};
