/** The library's parts behind menus, popovers and dialogs; see `late.ts` for when they come. */
export { Dialog, DropdownMenu, Popover } from "radix-ui";
