// Copies the table that the button belongs to, as text with tabs: a spreadsheet takes it as cells.
for (const button of document.querySelectorAll("button.copy")) {
  button.addEventListener("click", () => {
    const table = button.closest("table");
    const rows = [...table.rows].map((row) => [...row.cells].map((cell) => cell.textContent).join("\t"));
    const area = document.createElement("textarea");
    area.value = rows.join("\n");
    document.body.append(area);
    area.select();
    const copied = document.execCommand("copy");
    area.remove();
    button.textContent = copied ? "Copied" : "Select it by hand";
    setTimeout(() => { button.textContent = "Copy"; }, 1500);
  });
}
