"""Which parts of a Python function's modules its handler reaches, by the names that it calls and refers to.

What only runs when a module is imported, or when it is run as a program, is not reached.
"""

import ast
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from constructs_lib.flow_control.checks.code.names import FunctionNode, Module
from constructs_lib.flow_control.checks.code.syntax import last_name

Find = Callable[[str], "Module | None"]

#: With these a name is made at run time, and may be any.
_DYNAMIC = {"__import__", "eval", "exec", "getattr", "globals", "import_module", "locals"}
_BASES = {"object", "ABC", "Protocol", "Generic", "Exception", "Enum", "str", "int", "dict", "list"}


class _Part(NamedTuple):
    """A node of a module; `only_made` where it was only called at the import, and what it made may be called later."""

    module: Module
    node: ast.AST
    only_made: bool = False


class Reach:
    """What is reached from some names.

    Attributes:
        nodes: All syntax that is reached.
        is_dynamic: Whether names are made at run time in it.
    """

    def __init__(self, find: Find, *, by_any_name: bool = False) -> None:
        """Begin with nothing.

        Args:
            find: The module of a name with slashes, if the function has it.
            by_any_name: Whether an attribute or a text reaches whatever has its name, as a guess would.
        """
        self.nodes: set[ast.AST] = set()
        self.is_dynamic = False
        self._find, self._by_any_name = find, by_any_name
        self._seen: set[_Part] = set()
        self._waiting: list[_Part] = []
        self._attributes: set[str] = set()
        self._classes: dict[ast.ClassDef, Module] = {}
        self._modules: dict[int, Module] = {}

    def begin(self, module: Module, name: str) -> bool:
        """Reach a name of a module; False where it has no such name."""
        found = list(self._bound(module, name, set()))
        self._waiting += found
        self._run()
        return bool(found)

    def add(self, module: Module, nodes: Iterable[ast.AST]) -> None:
        """Reach some nodes too."""
        self._waiting += (_Part(module, node) for node in nodes)
        self._run()

    def _run(self) -> None:
        while self._waiting:
            while self._waiting:
                part = self._waiting.pop()
                if part not in self._seen:
                    self._seen.add(part)
                    self._modules[id(part.module)] = part.module
                    self._visit(part)
            self._waiting += (part for part in self._named() if part not in self._seen)

    def _visit(self, part: _Part) -> None:
        module, node, only_made = part
        if isinstance(node, ast.ClassDef):
            self._visit_class(module, node, only_made=only_made)
        elif isinstance(node, FunctionNode) and only_made:
            inner = (
                each for each in ast.walk(node) if isinstance(each, FunctionNode | ast.Lambda) and each is not node
            )
            self._waiting += (_Part(module, each) for each in inner)
        else:
            at_import = not isinstance(node, FunctionNode | ast.Lambda)
            self._take(module, node, at_import=at_import)

    def _visit_class(self, module: Module, node: ast.ClassDef, *, only_made: bool) -> None:
        self._classes.setdefault(node, module)
        for base in [*node.bases, *node.keywords, *node.decorator_list]:
            self._take(module, base, at_import=True)
        for each in node.body:
            if not isinstance(each, FunctionNode):
                self._take(module, each, at_import=True)
            elif not only_made and each.name in {"__init__", "__new__", "__post_init__"}:
                self._waiting.append(_Part(module, each))

    def _named(self) -> Iterator[_Part]:
        """The methods that are called by their names, by the language, or by a base class that nobody sees."""
        for node, module in self._classes.items():
            is_called_by_others = not all(self._is_seen(module, base) for base in node.bases)
            for each in node.body:
                if isinstance(each, FunctionNode) and not each.name.startswith(("__init", "__new", "__post_init")):
                    is_own = each.name in self._attributes or each.name.startswith("__")
                    if is_own or is_called_by_others:
                        yield _Part(module, each)
        if self._by_any_name:
            for module in self._modules.values():
                names = self._attributes & module.bound.keys()
                yield from (_Part(module, node) for name in names for node in module.bound[name])

    def _is_seen(self, module: Module, base: ast.expr) -> bool:
        if isinstance(base, ast.Subscript):
            base = base.value
        found = self._of(module, base)
        return any(isinstance(each.node, ast.ClassDef) for each in found) or last_name(base) in _BASES

    def _take(self, module: Module, root: ast.AST, *, at_import: bool) -> None:
        """Reach all of a node, and what it refers to; of what it calls at the import, only what that makes."""
        waiting = [(root, at_import, False)]
        while waiting:
            node, imports, is_called = waiting.pop()
            self.nodes.add(node)
            self._refer(module, node, only_made=imports and is_called)
            decorators = node.decorator_list if isinstance(node, FunctionNode) else []
            imports = imports and not isinstance(node, FunctionNode | ast.Lambda)
            for child in ast.iter_child_nodes(node):
                is_decorator = child in decorators  # which is called at the import, with all that stands in it
                is_callee = isinstance(node, ast.Call) and child is node.func
                waiting.append((child, imports or is_decorator, is_callee or is_decorator))

    def _refer(self, module: Module, node: ast.AST, *, only_made: bool) -> None:
        match node:
            case ast.Name(id=name):
                self.is_dynamic |= name in _DYNAMIC
            case ast.Attribute(attr=name):
                self.is_dynamic |= name in _DYNAMIC
                self._attributes.add(name)
            case ast.Constant(value=str() as name) if self._by_any_name:
                self._attributes.add(name)
            case _:
                return
        self._waiting += (part._replace(only_made=only_made) for part in self._of(module, node))

    def _of(self, module: Module, node: ast.AST) -> list[_Part]:
        """What a name, or an attribute of an imported module, stands for."""
        if isinstance(node, ast.Name):
            return list(self._bound(module, node.id, set()))
        names: list[str] = []
        while isinstance(node, ast.Attribute):
            names.insert(0, node.attr)
            node = node.value
        if not names or not isinstance(node, ast.Name):
            return []
        *folders, name = names
        imported = module.imported.get(node.id, ())
        paths = (each.module if each.attribute is None else f"{each.module}/{each.attribute}" for each in imported)
        found = (self._find("/".join([path, *folders]).lstrip("/")) for path in paths)
        return [part for each in found if each is not None for part in self._bound(each, name, set())]

    def _bound(self, module: Module, name: str, seen: set[tuple[int, str]]) -> Iterator[_Part]:
        """What a name is bound to in a module, or in the one that it is imported from."""
        if (id(module), name) in seen:
            return
        seen.add((id(module), name))
        yield from (_Part(module, node) for node in module.bound.get(name, ()))
        imported = [(each.module, each.attribute) for each in module.imported.get(name, ())]
        for path, attribute in [*imported, *((star, name) for star in module.stars)]:
            found = self._find(path) if attribute is not None else None
            if found is not None and attribute is not None:
                yield from self._bound(found, attribute, seen)
