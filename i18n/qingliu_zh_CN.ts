<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1">
<context>
    <name>BlockForm</name>
    <message>
        <source>By default the name of the watershed</source>
        <translation>默认为小流域名称</translation>
    </message>
    <message>
        <source>Project name</source>
        <translation>工程名称</translation>
    </message>
    <message>
        <source>Design stage</source>
        <translation>设计阶段</translation>
    </message>
    <message>
        <source>Discipline</source>
        <translation>专业</translation>
    </message>
    <message>
        <source>Date</source>
        <translation>日期</translation>
    </message>
    <message>
        <source>Design unit</source>
        <translation>设计单位</translation>
    </message>
    <message>
        <source>Certificate number</source>
        <translation>证书号</translation>
    </message>
    <message>
        <source>Approved by</source>
        <translation>批准</translation>
    </message>
    <message>
        <source>Ratified by</source>
        <translation>核定</translation>
    </message>
    <message>
        <source>Examined by</source>
        <translation>审查</translation>
    </message>
    <message>
        <source>Checked by</source>
        <translation>校核</translation>
    </message>
    <message>
        <source>Designed by</source>
        <translation>设计</translation>
    </message>
    <message>
        <source>Drawn by</source>
        <translation>勾绘人</translation>
    </message>
</context>
<context>
    <name>BoardDialog</name>
    <message>
        <source>Copy the text</source>
        <translation>复制文字</translation>
    </message>
    <message>
        <source>Still to be filled in: {}</source>
        <translation>尚待填写：{}</translation>
    </message>
</context>
<context>
    <name>CardPanel</name>
    <message>
        <source>Status</source>
        <translation>状态</translation>
    </message>
    <message>
        <source>Clause</source>
        <translation>条文</translation>
    </message>
    <message>
        <source>To be confirmed by a person</source>
        <translation>需由人确认的内容</translation>
    </message>
    <message>
        <source>Signed</source>
        <translation>签名</translation>
    </message>
    <message>
        <source>Tick …</source>
        <translation>确认…</translation>
    </message>
    <message>
        <source>Withdraw</source>
        <translation>撤回</translation>
    </message>
    <message>
        <source>Maintenance</source>
        <translation>管护内容</translation>
    </message>
    <message>
        <source>Due</source>
        <translation>到期</translation>
    </message>
    <message>
        <source>State</source>
        <translation>状态</translation>
    </message>
    <message>
        <source>Done today …</source>
        <translation>今日已完成…</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>名称</translation>
    </message>
    <message>
        <source>Measure (other)</source>
        <translation>措施名称（其他）</translation>
    </message>
    <message>
        <source>Unit (other)</source>
        <translation>单位（其他）</translation>
    </message>
    <message>
        <source>Clause (other)</source>
        <translation>条文（其他）</translation>
    </message>
    <message>
        <source>Owner</source>
        <translation>所有权人</translation>
    </message>
    <message>
        <source>User</source>
        <translation>使用权人</translation>
    </message>
    <message>
        <source>Manager</source>
        <translation>管护人</translation>
    </message>
    <message>
        <source>Completed on (yyyy-mm-dd)</source>
        <translation>完工日期（年-月-日）</translation>
    </message>
    <message>
        <source>Duties that no layer can tell (ticked with name and date)</source>
        <translation>图层无法判断、需由人确认的事项（签名并注明日期）</translation>
    </message>
    <message>
        <source>Maintenance (chapter 8; the intervals are ours)</source>
        <translation>管护（第 8 章；周期为本插件所定）</translation>
    </message>
    <message>
        <source>Choose a measure on the map or in the list of findings.</source>
        <translation>请在地图上或检查结果中选择一项措施。</translation>
    </message>
    <message>
        <source>Text of the board …</source>
        <translation>牌面文字…</translation>
    </message>
    <message>
        <source>Sign board of the watershed (5.2.2-3), notice board of a plant (8.5.2)</source>
        <translation>小流域标识牌（5.2.2-3）、处理设施公示牌（8.5.2）</translation>
    </message>
</context>
<context>
    <name>ClauseDock</name>
    <message>
        <source>Clauses</source>
        <translation>条文</translation>
    </message>
    <message>
        <source>Cited standards</source>
        <translation>引用标准</translation>
    </message>
    <message>
        <source>Rulings</source>
        <translation>裁定</translation>
    </message>
    <message>
        <source>Search: Chinese, pinyin initials, English, number</source>
        <translation>搜索：中文、拼音首字母、英文、条号</translation>
    </message>
    <message>
        <source>All levels</source>
        <translation>全部程度</translation>
    </message>
    <message>
        <source>Reading the standard …</source>
        <translation>正在读取标准……</translation>
    </message>
    <message>
        <source>Reading the standard</source>
        <translation>读取标准</translation>
    </message>
    <message>
        <source>Nothing found. Try fewer words, initials such as “stqj”, or another level.</source>
        <translation>没有找到。可减少词语、用拼音首字母（如“stqj”），或换一个程度。</translation>
    </message>
    <message>
        <source>{} entries</source>
        <translation>{} 条</translation>
    </message>
</context>
<context>
    <name>ClauseTexts</name>
    <message>
        <source>shall (应)</source>
        <translation>应（要求）</translation>
    </message>
    <message>
        <source>should (宜)</source>
        <translation>宜（推荐）</translation>
    </message>
    <message>
        <source>may (可)</source>
        <translation>可（允许）</translation>
    </message>
    <message>
        <source>no standard wording</source>
        <translation>无标准用词</translation>
    </message>
    <message>
        <source>clause</source>
        <translation>条</translation>
    </message>
    <message>
        <source>item</source>
        <translation>款</translation>
    </message>
    <message>
        <source>sub-item</source>
        <translation>项</translation>
    </message>
    <message>
        <source>explanatory note</source>
        <translation>条文说明</translation>
    </message>
    <message>
        <source>appendix</source>
        <translation>附录</translation>
    </message>
    <message>
        <source>Number, level and figures stand so in the draft; the text is our paraphrase.</source>
        <translation>条号、程度和数字与征求意见稿一致；文字为本插件的转述。</translation>
    </message>
    <message>
        <source>Partly our reading of the draft (for example an inherited level); our paraphrase.</source>
        <translation>部分为本插件的理解（如沿用上级条文的程度）；文字为转述。</translation>
    </message>
    <message>
        <source>From a third-party copy or from memory, not verified; our paraphrase.</source>
        <translation>来自第三方副本或记忆，未经核实；文字为转述。</translation>
    </message>
    <message>
        <source>Algorithms</source>
        <translation>算法</translation>
    </message>
    <message>
        <source>Survey tables</source>
        <translation>调查表</translation>
    </message>
    <message>
        <source>Indicators</source>
        <translation>评价指标</translation>
    </message>
    <message>
        <source>Measures</source>
        <translation>治理措施</translation>
    </message>
    <message>
        <source>Siting rules</source>
        <translation>布局规则</translation>
    </message>
    <message>
        <source>Numbers used</source>
        <translation>所用数值</translation>
    </message>
    <message>
        <source>Zones</source>
        <translation>分区</translation>
    </message>
    <message>
        <source>Types of watershed</source>
        <translation>小流域类型</translation>
    </message>
    <message>
        <source>Figures</source>
        <translation>图件</translation>
    </message>
    <message>
        <source>Code lists</source>
        <translation>代码表</translation>
    </message>
    <message>
        <source>Documents</source>
        <translation>文档</translation>
    </message>
    <message>
        <source>Survey layers</source>
        <translation>调查图层</translation>
    </message>
    <message>
        <source>Standards cited</source>
        <translation>引用标准</translation>
    </message>
    <message>
        <source>See also</source>
        <translation>参见</translation>
    </message>
    <message>
        <source>Note on {}</source>
        <translation>{} 说明</translation>
    </message>
    <message>
        <source>{} (printed {})</source>
        <translation>{}（印作 {}）</translation>
    </message>
    <message>
        <source>part of</source>
        <translation>属于</translation>
    </message>
    <message>
        <source>In Qingliu:</source>
        <translation>在清流中：</translation>
    </message>
    <message>
        <source>Ruling</source>
        <translation>裁定</translation>
    </message>
    <message>
        <source>Settled:</source>
        <translation>处理：</translation>
    </message>
    <message>
        <source>Cited by</source>
        <translation>引用处</translation>
    </message>
    <message>
        <source>Touches</source>
        <translation>涉及</translation>
    </message>
    <message>
        <source>Listed in 1.0.4, but no clause of the draft uses it.</source>
        <translation>列于 1.0.4，但征求意见稿正文未引用。</translation>
    </message>
    <message>
        <source>Listed in 1.0.4.</source>
        <translation>列于 1.0.4。</translation>
    </message>
    <message>
        <source>Used in the text, but not listed in 1.0.4.</source>
        <translation>正文引用，但未列入 1.0.4。</translation>
    </message>
    <message>
        <source>Edition and status not verified.</source>
        <translation>版本与状态未核实。</translation>
    </message>
</context>
<context>
    <name>ComparePanel</name>
    <message>
        <source>Only what differs</source>
        <translation>仅显示不同项</translation>
    </message>
    <message>
        <source>Keep this evaluation …</source>
        <translation>保存本次评价…</translation>
    </message>
    <message>
        <source>Evaluate another survey …</source>
        <translation>评价另一调查库…</translation>
    </message>
    <message>
        <source>Remove</source>
        <translation>删除</translation>
    </message>
    <message>
        <source>Keep this evaluation (before treatment, as planned, as built), or evaluate another survey, and compare it with a later one.</source>
        <translation>请先保存本次评价（治理前、规划、建成后），或评价另一调查库，再与之后的评价对比。</translation>
    </message>
    <message>
        <source>{} indicators differ.</source>
        <translation>{} 项指标不同。</translation>
    </message>
    <message>
        <source>They were made by different editions: {}, {}.</source>
        <translation>两次评价所用规范版本不同：{}、{}。</translation>
    </message>
    <message>
        <source>Indicator</source>
        <translation>指标</translation>
    </message>
    <message>
        <source>Before</source>
        <translation>前</translation>
    </message>
    <message>
        <source>After</source>
        <translation>后</translation>
    </message>
    <message>
        <source>Gain</source>
        <translation>提升</translation>
    </message>
    <message>
        <source>State</source>
        <translation>状态</translation>
    </message>
</context>
<context>
    <name>EntryDesk</name>
    <message>
        <source>Fill it in the survey tables, then evaluate again.</source>
        <translation>请在调查表中填写，然后重新评价。</translation>
    </message>
    <message>
        <source>Source and year: {}</source>
        <translation>来源与年份：{}</translation>
    </message>
    <message>
        <source>The survey cannot be written: nothing can be entered.</source>
        <translation>调查库为只读，不能填写。</translation>
    </message>
    <message>
        <source>Saving …</source>
        <translation>正在保存……</translation>
    </message>
    <message>
        <source>Saving into the survey</source>
        <translation>写入调查库</translation>
    </message>
    <message>
        <source>Saved.</source>
        <translation>已保存。</translation>
    </message>
    <message>
        <source>There is no entry to take back.</source>
        <translation>没有可撤销的填写。</translation>
    </message>
    <message>
        <source>Taking the last entry back</source>
        <translation>撤销上一次填写</translation>
    </message>
    <message>
        <source>The last entry was taken back.</source>
        <translation>已撤销上一次填写。</translation>
    </message>
    <message>
        <source>County profile</source>
        <translation>县域资料</translation>
    </message>
    <message>
        <source>County profile (*.yaml *.yml)</source>
        <translation>县域资料 (*.yaml *.yml)</translation>
    </message>
</context>
<context>
    <name>EntryForm</name>
    <message>
        <source>not judged</source>
        <translation>未判定</translation>
    </message>
    <message>
        <source>met</source>
        <translation>符合</translation>
    </message>
    <message>
        <source>not met</source>
        <translation>不符合</translation>
    </message>
    <message>
        <source>Save</source>
        <translation>保存</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>Attach …</source>
        <translation>添加…</translation>
    </message>
    <message>
        <source>Judgement</source>
        <translation>判定</translation>
    </message>
    <message>
        <source>Value</source>
        <translation>数值</translation>
    </message>
    <message>
        <source>Unit</source>
        <translation>单位</translation>
    </message>
    <message>
        <source>Source</source>
        <translation>来源</translation>
    </message>
    <message>
        <source>Statistical year</source>
        <translation>统计年份</translation>
    </message>
    <message>
        <source>Statement</source>
        <translation>说明</translation>
    </message>
    <message>
        <source>Evidence</source>
        <translation>佐证文件</translation>
    </message>
    <message>
        <source>Person</source>
        <translation>判定人</translation>
    </message>
    <message>
        <source>Date</source>
        <translation>日期</translation>
    </message>
    <message>
        <source>Proven that there is none</source>
        <translation>已证实不存在</translation>
    </message>
    <message>
        <source>{} is no year.</source>
        <translation>{} 不是年份。</translation>
    </message>
    <message>
        <source>{} is no number.</source>
        <translation>{} 不是数字。</translation>
    </message>
    <message>
        <source>yes</source>
        <translation>是</translation>
    </message>
    <message>
        <source>no</source>
        <translation>否</translation>
    </message>
</context>
<context>
    <name>Epochs</name>
    <message>
        <source>Kept as {}.</source>
        <translation>已保存为 {}。</translation>
    </message>
    <message>
        <source>Keep this evaluation</source>
        <translation>保存本次评价</translation>
    </message>
    <message>
        <source>It stands for</source>
        <translation>所属阶段</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>名称</translation>
    </message>
</context>
<context>
    <name>ErrorsDialog</name>
    <message>
        <source>Stated errors</source>
        <translation>数据精度说明</translation>
    </message>
    <message>
        <source>Standard error of lines</source>
        <translation>线位中误差</translation>
    </message>
    <message>
        <source>A line is off alike over</source>
        <translation>线位误差的相关长度</translation>
    </message>
    <message>
        <source>Share of polygons with a wrong class</source>
        <translation>图斑错分率</translation>
    </message>
    <message>
        <source>As stated by whoever made the layers; 0 where nothing is stated.</source>
        <translation>按数据生产方的说明填写，未说明填 0。</translation>
    </message>
</context>
<context>
    <name>EvaluationDock</name>
    <message>
        <source>Open a project that shows a survey, or choose a survey under More, then evaluate.</source>
        <translation>请打开含调查库的工程，或在“更多”中选择调查库，然后评价。</translation>
    </message>
    <message>
        <source>Press Evaluate to work out the 20 indicators for all five types.</source>
        <translation>点“评价”，按五种类型计算 20 项指标。</translation>
    </message>
    <message>
        <source>Evaluate</source>
        <translation>评价</translation>
    </message>
    <message>
        <source>Open survey</source>
        <translation>打开调查库</translation>
    </message>
    <message>
        <source>Survey (*.gpkg)</source>
        <translation>调查库 (*.gpkg)</translation>
    </message>
    <message>
        <source>Cancelled; nothing was changed.</source>
        <translation>已取消，未作任何改动。</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>Evaluate again</source>
        <translation>重新评价</translation>
    </message>
    <message>
        <source>Evaluating …</source>
        <translation>正在评价……</translation>
    </message>
    <message>
        <source>Evaluating the survey</source>
        <translation>评价调查库</translation>
    </message>
    <message>
        <source>To do ({})</source>
        <translation>待办（{}）</translation>
    </message>
    <message>
        <source>This evaluation, {}</source>
        <translation>本次评价，{}</translation>
    </message>
    <message>
        <source>{} features lit up on the map.</source>
        <translation>地图上已选中 {} 个要素。</translation>
    </message>
    <message>
        <source>The survey&apos;s layers are not in the project, or have no such feature.</source>
        <translation>工程中没有该调查库的图层，或图层中没有此要素。</translation>
    </message>
    <message>
        <source>There is no file {} beside the survey.</source>
        <translation>调查库旁没有文件 {}。</translation>
    </message>
    <message>
        <source>No home lies outside {:g} m.</source>
        <translation>没有 {:g} m 以外的居民点。</translation>
    </message>
    <message>
        <source>{0} places outside {1:g} m drawn.</source>
        <translation>已绘出 {1:g} m 以外的 {0} 处居民点。</translation>
    </message>
    <message>
        <source>This type asks for toilets per household; the radius is that of another type.</source>
        <translation>本类型按户数要求座数，此半径为其他类型的要求。</translation>
    </message>
    <message>
        <source>Looking for changes</source>
        <translation>查找变更</translation>
    </message>
    <message>
        <source>Changed since this evaluation. Stale for this type: {}. Evaluate again.</source>
        <translation>评价后数据已变更，本类型过期的指标：{}。请重新评价。</translation>
    </message>
</context>
<context>
    <name>EvaluationMap</name>
    <message>
        <source>Homes outside {:g} m of a public toilet ({})</source>
        <translation>距公共厕所 {:g} m 以外的居民点（{}）</translation>
    </message>
    <message>
        <source>straight and along roads</source>
        <translation>直线和沿道路均超出</translation>
    </message>
    <message>
        <source>straight</source>
        <translation>直线超出</translation>
    </message>
    <message>
        <source>along roads only (not deciding)</source>
        <translation>仅沿道路超出（不作判定）</translation>
    </message>
</context>
<context>
    <name>EvaluationPanel</name>
    <message>
        <source>Evaluate</source>
        <translation>评价</translation>
    </message>
    <message>
        <source>Date of the evaluation: values older than the last complete year before it do not count (7.0.2)</source>
        <translation>评价日期：早于该日期之前最近一个完整统计年度的数据不计（7.0.2）</translation>
    </message>
    <message>
        <source>More</source>
        <translation>更多</translation>
    </message>
    <message>
        <source>Open survey …</source>
        <translation>打开调查库…</translation>
    </message>
    <message>
        <source>County profile …</source>
        <translation>县域资料…</translation>
    </message>
    <message>
        <source>Stated errors of lines and classes …</source>
        <translation>线位与分类精度…</translation>
    </message>
    <message>
        <source>Take the last entry back</source>
        <translation>撤销上一次填写</translation>
    </message>
    <message>
        <source>Indicators</source>
        <translation>指标</translation>
    </message>
    <message>
        <source>To do</source>
        <translation>待办</translation>
    </message>
    <message>
        <source>Compare</source>
        <translation>对比</translation>
    </message>
</context>
<context>
    <name>EvaluationTexts</name>
    <message>
        <source>for reference only, not a limit</source>
        <translation>仅供参考，不作限值</translation>
    </message>
    <message>
        <source>enter …</source>
        <translation>填写…</translation>
    </message>
    <message>
        <source>source and year …</source>
        <translation>来源与年份…</translation>
    </message>
    <message>
        <source>open the form</source>
        <translation>打开表单</translation>
    </message>
    <message>
        <source>{} further values</source>
        <translation>另有 {} 个数值</translation>
    </message>
    <message>
        <source>Distances of {} places to the nearest public toilet:</source>
        <translation>{} 处居民点到最近公共厕所的距离：</translation>
    </message>
    <message>
        <source>Number</source>
        <translation>项目</translation>
    </message>
    <message>
        <source>Value</source>
        <translation>数值</translation>
    </message>
    <message>
        <source>Limit</source>
        <translation>限值</translation>
    </message>
    <message>
        <source>Margin</source>
        <translation>裕度</translation>
    </message>
    <message>
        <source>Interval</source>
        <translation>区间</translation>
    </message>
    <message>
        <source>Source</source>
        <translation>来源</translation>
    </message>
    <message>
        <source>Kind · year</source>
        <translation>性质 · 年份</translation>
    </message>
    <message>
        <source>Clause</source>
        <translation>条文</translation>
    </message>
    <message>
        <source>Formula</source>
        <translation>公式</translation>
    </message>
    <message>
        <source>ruling</source>
        <translation>裁定</translation>
    </message>
    <message>
        <source>What is missing</source>
        <translation>所缺数据</translation>
    </message>
    <message>
        <source>It rests on</source>
        <translation>依据</translation>
    </message>
    <message>
        <source>Beside, not deciding</source>
        <translation>并列数值，不作判定</translation>
    </message>
    <message>
        <source>list all</source>
        <translation>全部列出</translation>
    </message>
    <message>
        <source>Type of watershed</source>
        <translation>小流域类型</translation>
    </message>
    <message>
        <source>State</source>
        <translation>状态</translation>
    </message>
    <message>
        <source>map</source>
        <translation>地图</translation>
    </message>
    <message>
        <source>show all on the map</source>
        <translation>全部显示在地图上</translation>
    </message>
    <message>
        <source>change</source>
        <translation>修改</translation>
    </message>
    <message>
        <source>draw those outside</source>
        <translation>绘出超出者</translation>
    </message>
    <message>
        <source>Evidence</source>
        <translation>佐证文件</translation>
    </message>
    <message>
        <source>(file not found)</source>
        <translation>（找不到文件）</translation>
    </message>
    <message>
        <source>Reference lines</source>
        <translation>参考线</translation>
    </message>
    <message>
        <source>Enter for the whole watershed:</source>
        <translation>填写全流域数值：</translation>
    </message>
    <message>
        <source>Statement</source>
        <translation>说明</translation>
    </message>
    <message>
        <source>Something this rests on has changed: evaluate again.</source>
        <translation>所依据的数据已变更，请重新评价。</translation>
    </message>
</context>
<context>
    <name>EvaluationWords</name>
    <message>
        <source>passes</source>
        <translation>达标</translation>
    </message>
    <message>
        <source>passes, but within error</source>
        <translation>达标，但在误差内</translation>
    </message>
    <message>
        <source>fails</source>
        <translation>不达标</translation>
    </message>
    <message>
        <source>fails, but within error</source>
        <translation>不达标，但在误差内</translation>
    </message>
    <message>
        <source>unproven</source>
        <translation>待证</translation>
    </message>
    <message>
        <source>not evaluated</source>
        <translation>不评价</translation>
    </message>
    <message>
        <source>self-evaluation: passes</source>
        <translation>自评达标</translation>
    </message>
    <message>
        <source>self-evaluation: does not pass</source>
        <translation>自评不达标</translation>
    </message>
    <message>
        <source>before treatment</source>
        <translation>治理前</translation>
    </message>
    <message>
        <source>planned</source>
        <translation>规划</translation>
    </message>
    <message>
        <source>as built</source>
        <translation>建成后</translation>
    </message>
    <message>
        <source>scheme</source>
        <translation>方案</translation>
    </message>
    <message>
        <source>entered</source>
        <translation>填写</translation>
    </message>
    <message>
        <source>computed</source>
        <translation>计算</translation>
    </message>
    <message>
        <source>official</source>
        <translation>公报</translation>
    </message>
    <message>
        <source>estimate</source>
        <translation>估算</translation>
    </message>
    <message>
        <source>yes</source>
        <translation>是</translation>
    </message>
    <message>
        <source>no</source>
        <translation>否</translation>
    </message>
</context>
<context>
    <name>FieldDock</name>
    <message>
        <source>Mark</source>
        <translation>标记</translation>
    </message>
    <message>
        <source>Package</source>
        <translation>打包</translation>
    </message>
    <message>
        <source>Bring back</source>
        <translation>带回</translation>
    </message>
    <message>
        <source>Open a survey first (Survey tables), or a project that shows one.</source>
        <translation>请先打开调查库（“调查表”面板），或打开含有调查库的工程。</translation>
    </message>
    <message>
        <source>Checking the survey …</source>
        <translation>正在检查调查库…</translation>
    </message>
    <message>
        <source>Checking the survey</source>
        <translation>检查调查库</translation>
    </message>
    <message>
        <source>Cancelled; nothing was written.</source>
        <translation>已取消，未写入任何内容。</translation>
    </message>
    <message>
        <source>Saved: {}</source>
        <translation>已保存：{}</translation>
    </message>
    <message>
        <source>Saving</source>
        <translation>保存</translation>
    </message>
    <message>
        <source>Taking back</source>
        <translation>撤销</translation>
    </message>
    <message>
        <source>Taken back.</source>
        <translation>已撤销。</translation>
    </message>
    <message>
        <source>Package that came back</source>
        <translation>带回的外业包</translation>
    </message>
    <message>
        <source>Comparing …</source>
        <translation>正在比较……</translation>
    </message>
    <message>
        <source>Comparing the package</source>
        <translation>比较外业包</translation>
    </message>
    <message>
        <source>Package of {}, made {}</source>
        <translation>外业包：{}，打包于 {}</translation>
    </message>
    <message>
        <source>Writing …</source>
        <translation>正在写入……</translation>
    </message>
    <message>
        <source>Merging the package</source>
        <translation>合并外业包</translation>
    </message>
    <message>
        <source>{} rows written, {} differences still open.</source>
        <translation>已写入 {} 行，仍有 {} 处待决定。</translation>
    </message>
    <message>
        <source>Package for the field …</source>
        <translation>打包外业调查……</translation>
    </message>
    <message>
        <source>Bring in tracks and photos …</source>
        <translation>导入轨迹和照片……</translation>
    </message>
    <message>
        <source>Base layer</source>
        <translation>底图图层</translation>
    </message>
    <message>
        <source>new</source>
        <translation>新增</translation>
    </message>
    <message>
        <source>changed</source>
        <translation>修改</translation>
    </message>
    <message>
        <source>conflict</source>
        <translation>冲突</translation>
    </message>
    <message>
        <source>deleted here</source>
        <translation>库中已删</translation>
    </message>
    <message>
        <source>deleted there</source>
        <translation>外业删除</translation>
    </message>
    <message>
        <source>same</source>
        <translation>相同</translation>
    </message>
    <message>
        <source>Entered in the field; the survey has no such row.</source>
        <translation>外业新录入，库中没有该行。</translation>
    </message>
    <message>
        <source>Changed in the field alone.</source>
        <translation>仅外业修改过。</translation>
    </message>
    <message>
        <source>Changed on both sides since the package was made; choose one.</source>
        <translation>打包后双方都改过，请选择一方。</translation>
    </message>
    <message>
        <source>Deleted in the survey, edited in the field; the field&apos;s brings it back.</source>
        <translation>库中已删除、外业有修改；采用外业的则恢复该行。</translation>
    </message>
    <message>
        <source>Deleted in the field; the field&apos;s deletes it here too.</source>
        <translation>外业已删除；采用外业的则库中也删除。</translation>
    </message>
    <message>
        <source>Both sides say the same.</source>
        <translation>双方内容相同。</translation>
    </message>
    <message>
        <source>, </source>
        <translation>，</translation>
    </message>
    <message>
        <source>Kind</source>
        <translation>类别</translation>
    </message>
    <message>
        <source>What</source>
        <translation>内容</translation>
    </message>
    <message>
        <source>In the survey</source>
        <translation>调查库中</translation>
    </message>
    <message>
        <source>From the field</source>
        <translation>外业的值</translation>
    </message>
    <message>
        <source>Counts</source>
        <translation>采用</translation>
    </message>
    <message>
        <source>Who, when</source>
        <translation>何人何时</translation>
    </message>
    <message>
        <source>place on the map</source>
        <translation>图上位置</translation>
    </message>
    <message>
        <source>When packaged: {}</source>
        <translation>打包时：{}</translation>
    </message>
    <message>
        <source>both</source>
        <translation>双方相同</translation>
    </message>
    <message>
        <source>the survey&apos;s</source>
        <translation>库中的</translation>
    </message>
    <message>
        <source>the field&apos;s</source>
        <translation>外业的</translation>
    </message>
    <message>
        <source>choose …</source>
        <translation>请选择……</translation>
    </message>
    <message>
        <source>Choose a package that came back …</source>
        <translation>选择带回的外业包……</translation>
    </message>
    <message>
        <source>Take over deletions of rows nobody else touched</source>
        <translation>采纳对他人未动行的删除</translation>
    </message>
    <message>
        <source>Keep the survey&apos;s</source>
        <translation>保留库中的</translation>
    </message>
    <message>
        <source>Take the field&apos;s</source>
        <translation>采用外业的</translation>
    </message>
    <message>
        <source>Write into the survey</source>
        <translation>写入调查库</translation>
    </message>
    <message>
        <source>all ({})</source>
        <translation>全部（{}）</translation>
    </message>
    <message>
        <source>to be decided ({})</source>
        <translation>待决定（{}）</translation>
    </message>
    <message>
        <source>The package has nothing that the survey lacks.</source>
        <translation>外业包中没有调查库缺少的内容。</translation>
    </message>
    <message>
        <source>{} will be written, {} wait for your choice (double-click flips the side).</source>
        <translation>将写入 {} 处，{} 处待选择（双击可切换采用哪一方）。</translation>
    </message>
    <message>
        <source>name (Enter saves)</source>
        <translation>名称（回车保存）</translation>
    </message>
    <message>
        <source>scale farm (规模养殖)</source>
        <translation>规模养殖</translation>
    </message>
    <message>
        <source>Save</source>
        <translation>保存</translation>
    </message>
    <message>
        <source>Take the last one back</source>
        <translation>撤销上一项</translation>
    </message>
    <message>
        <source>Choose what you have found, then click it on the map.</source>
        <translation>选择所发现的对象，然后在图上单击。</translation>
    </message>
    <message>
        <source>Type its name and press Enter.</source>
        <translation>输入名称后按回车。</translation>
    </message>
    <message>
        <source>Click its corners on the map; the right button ends.</source>
        <translation>在图上依次单击各顶点，右键结束。</translation>
    </message>
    <message>
        <source>Click it on the map.</source>
        <translation>请在图上单击。</translation>
    </message>
    <message>
        <source>From paper</source>
        <translation>纸图录入</translation>
    </message>
    <message>
        <source>Something is still being written; do it again in a moment.</source>
        <translation>仍在写入，请稍后再做一次。</translation>
    </message>
    <message>
        <source>scan a code, or type its mark or row number</source>
        <translation>扫描二维码，或键入编号、行号</translation>
    </message>
    <message>
        <source>From a picture …</source>
        <translation>从图片识别…</translation>
    </message>
    <message>
        <source>Open the form at once</source>
        <translation>立即打开表单</translation>
    </message>
    <message>
        <source>Open the list of a print (records.csv) …</source>
        <translation>打开打印清单（records.csv）…</translation>
    </message>
    <message>
        <source>Map mark</source>
        <translation>编号</translation>
    </message>
    <message>
        <source>Page</source>
        <translation>页</translation>
    </message>
    <message>
        <source>Came back</source>
        <translation>已返回</translation>
    </message>
    <message>
        <source>no table has a row about it yet; its own values are on the map</source>
        <translation>尚无调查表行，其属性在图上填写</translation>
    </message>
    <message>
        <source>not in this survey</source>
        <translation>不在本调查库</translation>
    </message>
    <message>
        <source>still out ({})</source>
        <translation>未返回（{}）</translation>
    </message>
    <message>
        <source>came back ({})</source>
        <translation>已返回（{}）</translation>
    </message>
    <message>
        <source>page {}: {} of {} came back</source>
        <translation>第 {} 页：{} / {} 已返回</translation>
    </message>
    <message>
        <source>List of a print</source>
        <translation>打印清单</translation>
    </message>
    <message>
        <source>List of a print (*.csv)</source>
        <translation>打印清单（*.csv）</translation>
    </message>
    <message>
        <source>{} records, {} came back.</source>
        <translation>共 {} 项，已返回 {} 项。</translation>
    </message>
    <message>
        <source>Reading the list</source>
        <translation>读取清单</translation>
    </message>
    <message>
        <source>Looking the code up</source>
        <translation>查找编码</translation>
    </message>
    <message>
        <source>Page {}.</source>
        <translation>第 {} 页。</translation>
    </message>
    <message>
        <source>Found; it is not on the open list.</source>
        <translation>已找到；不在当前打开的清单中。</translation>
    </message>
    <message>
        <source>Noted as come back.</source>
        <translation>已记为返回。</translation>
    </message>
    <message>
        <source>Photo or scan of the list</source>
        <translation>清单的照片或扫描图</translation>
    </message>
    <message>
        <source>Reading codes …</source>
        <translation>正在识别二维码…</translation>
    </message>
    <message>
        <source>Reading codes</source>
        <translation>识别二维码</translation>
    </message>
    <message>
        <source>{} codes read, {} of them rows of this survey.</source>
        <translation>识别 {} 个二维码，其中 {} 个属于本调查库。</translation>
    </message>
</context>
<context>
    <name>FiguresDock</name>
    <message>
        <source>Figure</source>
        <translation>图件</translation>
    </message>
    <message>
        <source>Standard</source>
        <translation>规范</translation>
    </message>
    <message>
        <source>State</source>
        <translation>状态</translation>
    </message>
    <message>
        <source>fitting</source>
        <translation>自动</translation>
    </message>
    <message>
        <source>Draw what is ticked</source>
        <translation>绘制所选</translation>
    </message>
    <message>
        <source>Export what is ticked</source>
        <translation>导出所选</translation>
    </message>
    <message>
        <source>Open the layout</source>
        <translation>打开布局</translation>
    </message>
    <message>
        <source>Open the folder</source>
        <translation>打开文件夹</translation>
    </message>
    <message>
        <source>Paper</source>
        <translation>图幅</translation>
    </message>
    <message>
        <source>Scale</source>
        <translation>比例尺</translation>
    </message>
    <message>
        <source>Format</source>
        <translation>格式</translation>
    </message>
    <message>
        <source>Folder</source>
        <translation>文件夹</translation>
    </message>
    <message>
        <source>Preview</source>
        <translation>预览</translation>
    </message>
    <message>
        <source>Title block</source>
        <translation>标题栏</translation>
    </message>
    <message>
        <source>Sheet</source>
        <translation>图纸</translation>
    </message>
    <message>
        <source>Remarks</source>
        <translation>提示</translation>
    </message>
    <message>
        <source>required by {}</source>
        <translation>第 {} 条要求</translation>
    </message>
    <message>
        <source>customary</source>
        <translation>惯例</translation>
    </message>
    <message>
        <source>drawn</source>
        <translation>已绘制</translation>
    </message>
    <message>
        <source>No layer of this project has a role yet. Open a survey or a case with the guide first.</source>
        <translation>本工程尚无带角色的图层。请先用向导打开调查库或案例。</translation>
    </message>
    <message>
        <source>Choose a folder on the tab “Sheet”, then export.</source>
        <translation>请在“图纸”页选择文件夹，然后导出。</translation>
    </message>
    <message>
        <source>Draw to look at the layouts, export to write the files. Saving the project is yours.</source>
        <translation>“绘制”可查看布局，“导出”写出文件。工程由您自行保存。</translation>
    </message>
    <message>
        <source>Choose a figure to look at it.</source>
        <translation>请选择图件以预览。</translation>
    </message>
    <message>
        <source>…</source>
        <translation>…</translation>
    </message>
    <message>
        <source>This figure has not been drawn yet: tick it and draw.</source>
        <translation>该图件尚未绘制：请勾选并绘制。</translation>
    </message>
    <message>
        <source>Tick at least one figure.</source>
        <translation>请至少勾选一幅图件。</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>Drawing …</source>
        <translation>正在绘制……</translation>
    </message>
    <message>
        <source>{}: changed by hand and left alone: {}</source>
        <translation>{}：经手工修改，保持不变：{}</translation>
    </message>
    <message>
        <source>written</source>
        <translation>已导出</translation>
    </message>
    <message>
        <source>{}, {} remarks</source>
        <translation>{}，{} 条提示</translation>
    </message>
    <message>
        <source>left out: there is no {}</source>
        <translation>未出图：缺少 {}</translation>
    </message>
    <message>
        <source>Stopped; pages that were written are whole. See the remarks.</source>
        <translation>已停止；已写出的图件完整。见“提示”。</translation>
    </message>
    <message>
        <source>Exported; {} left out, {} remarks.</source>
        <translation>已导出；{} 幅未出图，{} 条提示。</translation>
    </message>
    <message>
        <source>Drawn; {} left out, {} remarks.</source>
        <translation>已绘制；{} 幅未出图，{} 条提示。</translation>
    </message>
</context>
<context>
    <name>FindingsModel</name>
    <message>
        <source>Verdict</source>
        <translation>结论</translation>
    </message>
    <message>
        <source>Measure</source>
        <translation>措施</translation>
    </message>
    <message>
        <source>Clause</source>
        <translation>条文</translation>
    </message>
    <message>
        <source>Failing part</source>
        <translation>不符部分</translation>
    </message>
    <message>
        <source>Why</source>
        <translation>原因</translation>
    </message>
</context>
<context>
    <name>FindingsPanel</name>
    <message>
        <source>Choose the layers first; then every measure is checked.</source>
        <translation>请先选择图层，随后检查每项措施。</translation>
    </message>
    <message>
        <source>Show</source>
        <translation>定位</translation>
    </message>
    <message>
        <source>Override …</source>
        <translation>坚持布设…</translation>
    </message>
    <message>
        <source>Withdraw</source>
        <translation>撤回</translation>
    </message>
    <message>
        <source>Clause</source>
        <translation>条文</translation>
    </message>
    <message>
        <source>No measures yet: pick one of the palette and draw it.</source>
        <translation>尚无措施：请在列表中选择并绘制。</translation>
    </message>
    <message>
        <source>{} measures checked: {} errors, {} warnings, {} unknown, {} to confirm.</source>
        <translation>已检查 {} 项措施：错误 {}，警告 {}，未知 {}，待确认 {}。</translation>
    </message>
    <message>
        <source>Not known for want of a layer or column (number of rules): {}</source>
        <translation>因缺少图层或字段而无法判断（规则条数）：{}</translation>
    </message>
    <message>
        <source>Tick …</source>
        <translation>确认…</translation>
    </message>
    <message>
        <source>Give a reason …</source>
        <translation>说明理由…</translation>
    </message>
</context>
<context>
    <name>GuideDock</name>
    <message>
        <source>Open a folder of layers …</source>
        <translation>打开图层文件夹…</translation>
    </message>
    <message>
        <source>Run every step that can be run</source>
        <translation>运行全部可运行的步骤</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>{done} of {all} stages done.</source>
        <translation>已完成 {done}/{all} 个阶段。</translation>
    </message>
    <message>
        <source>Add a DEM, open a folder of layers, or open the practice watershed.</source>
        <translation>请添加 DEM、打开图层文件夹，或打开练习小流域。</translation>
    </message>
    <message>
        <source>Next: {}.</source>
        <translation>下一步：{}。</translation>
    </message>
    <message>
        <source>steps {done}/{all}</source>
        <translation>步骤 {done}/{all}</translation>
    </message>
    <message>
        <source>Kept with the project; save the project to keep it for good.</source>
        <translation>已记入工程；保存工程后才会长期保留。</translation>
    </message>
    <message>
        <source>Keep answers</source>
        <translation>保存答案</translation>
    </message>
    <message>
        <source>Kept in the survey.</source>
        <translation>已存入调查库。</translation>
    </message>
    <message>
        <source>Folder with the watershed&apos;s layers</source>
        <translation>小流域图层所在文件夹</translation>
    </message>
    <message>
        <source>{count} layers opened; roles: {roles}.</source>
        <translation>已打开 {count} 个图层；角色：{roles}。</translation>
    </message>
    <message>
        <source>There was no case.yaml: the roles were guessed by the layers&apos; names.</source>
        <translation>没有 case.yaml：角色按图层名称推断。</translation>
    </message>
    <message>
        <source>The results need a folder: save the project first.</source>
        <translation>成果需要文件夹：请先保存工程。</translation>
    </message>
    <message>
        <source>A step is running; wait for it or cancel it.</source>
        <translation>有步骤正在运行，请等待或取消。</translation>
    </message>
</context>
<context>
    <name>IndicatorTree</name>
    <message>
        <source>Indicator</source>
        <translation>指标</translation>
    </message>
    <message>
        <source>State</source>
        <translation>状态</translation>
    </message>
    <message>
        <source>Value</source>
        <translation>数值</translation>
    </message>
    <message>
        <source>Limit</source>
        <translation>限值</translation>
    </message>
    <message>
        <source>Margin</source>
        <translation>裕度</translation>
    </message>
</context>
<context>
    <name>JobRunner</name>
    <message>
        <source>{step}: left out, there is no {lacks}.</source>
        <translation>{step}：跳过，缺少 {lacks}。</translation>
    </message>
    <message>
        <source>{} …</source>
        <translation>{}…</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>Cancelled.</source>
        <translation>已取消。</translation>
    </message>
    <message>
        <source>{step} failed: {reason}</source>
        <translation>{step} 失败：{reason}</translation>
    </message>
    <message>
        <source>{}: done.</source>
        <translation>{}：完成。</translation>
    </message>
</context>
<context>
    <name>LayoutDesk</name>
    <message>
        <source>Opening the layout</source>
        <translation>打开布局</translation>
    </message>
    <message>
        <source>New layout</source>
        <translation>新建布局</translation>
    </message>
    <message>
        <source>Layout</source>
        <translation>措施布局</translation>
    </message>
    <message>
        <source>Reading the layers of the layout</source>
        <translation>读取布局所用图层</translation>
    </message>
</context>
<context>
    <name>LayoutDock</name>
    <message>
        <source>overdue</source>
        <translation>已逾期</translation>
    </message>
    <message>
        <source>due now</source>
        <translation>近期到期</translation>
    </message>
    <message>
        <source>done</source>
        <translation>已完成</translation>
    </message>
    <message>
        <source>not yet</source>
        <translation>未到期</translation>
    </message>
    <message>
        <source>Reading the standard …</source>
        <translation>正在读取标准…</translation>
    </message>
    <message>
        <source>Reading the standard</source>
        <translation>读取标准</translation>
    </message>
    <message>
        <source>Add a layer in a projected CRS (metres) first: the layout is drawn in it.</source>
        <translation>请先加入一个以米为单位的投影坐标系图层：布局将采用该坐标系。</translation>
    </message>
    <message>
        <source>Opening the layout …</source>
        <translation>正在打开布局…</translation>
    </message>
    <message>
        <source>scratch layout, belongs to no survey; kept in {}</source>
        <translation>临时布局，不属于任何调查库；保存在 {}</translation>
    </message>
    <message>
        <source>Reading the layers …</source>
        <translation>正在读取图层…</translation>
    </message>
    <message>
        <source>All layers were read.</source>
        <translation>图层已全部读取。</translation>
    </message>
    <message>
        <source>Taken back: {}</source>
        <translation>已撤销：{}</translation>
    </message>
    <message>
        <source>Nothing to take back.</source>
        <translation>没有可撤销的操作。</translation>
    </message>
    <message>
        <source>Done again: {}</source>
        <translation>已重做：{}</translation>
    </message>
    <message>
        <source>Nothing to do again.</source>
        <translation>没有可重做的操作。</translation>
    </message>
    <message>
        <source>{} measures saved.</source>
        <translation>已保存 {} 项措施。</translation>
    </message>
    <message>
        <source>Nothing to save.</source>
        <translation>没有需要保存的内容。</translation>
    </message>
    <message>
        <source>Back to what is saved.</source>
        <translation>已恢复到上次保存的状态。</translation>
    </message>
    <message>
        <source>Tick a duty</source>
        <translation>确认事项</translation>
    </message>
    <message>
        <source>Override a finding</source>
        <translation>坚持布设并说明理由</translation>
    </message>
    <message>
        <source>Not used: {}</source>
        <translation>未采用：{}</translation>
    </message>
    <message>
        <source>Table B.1 marks it ■ for this type of watershed; the table is advice.</source>
        <translation>表 B.1 对该类型小流域标为 ■；该表为建议。</translation>
    </message>
    <message>
        <source>Open a survey, or begin a new layout: its measures are drawn on the map.</source>
        <translation>请打开调查库，或新建布局，然后在地图上绘制措施。</translation>
    </message>
    <message>
        <source>Choose the layers to check against on the page Layers. Without them nothing can be judged.</source>
        <translation>请在“图层”页选择检查所依据的图层；没有图层则无法判断。</translation>
    </message>
    <message>
        <source>Choose a measure and draw it: the clauses follow the cursor here.</source>
        <translation>选择措施后绘制：条文检查结果随光标显示在此。</translation>
    </message>
    <message>
        <source>Reason</source>
        <translation>理由</translation>
    </message>
    <message>
        <source>Remark</source>
        <translation>备注</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>名称</translation>
    </message>
    <message>
        <source>Date</source>
        <translation>日期</translation>
    </message>
    <message>
        <source>Signed by {} on {}: {}</source>
        <translation>{} 于 {} 签名：{}</translation>
    </message>
    <message>
        <source>Unit</source>
        <translation>单位</translation>
    </message>
    <message>
        <source>Clause</source>
        <translation>条文</translation>
    </message>
    <message>
        <source>There is no clause {}.</source>
        <translation>没有第 {} 条。</translation>
    </message>
    <message>
        <source>Scheme {}</source>
        <translation>方案 {}</translation>
    </message>
    <message>
        <source>and {} more</source>
        <translation>另有 {} 条</translation>
    </message>
    <message>
        <source>The whole layout would have {} of it</source>
        <translation>全部布局中该措施将为 {}</translation>
    </message>
    <message>
        <source>; cost {} yuan</source>
        <translation>；投资 {} 元</translation>
    </message>
    <message>
        <source>{} ({}, {})</source>
        <translation>{}（{}，{}）</translation>
    </message>
    <message>
        <source>error</source>
        <translation>错误</translation>
    </message>
    <message>
        <source>warning</source>
        <translation>警告</translation>
    </message>
    <message>
        <source>note</source>
        <translation>提示</translation>
    </message>
    <message>
        <source>unknown</source>
        <translation>未知</translation>
    </message>
    <message>
        <source>to confirm</source>
        <translation>待确认</translation>
    </message>
    <message>
        <source>keeps the clauses</source>
        <translation>符合条文</translation>
    </message>
    <message>
        <source>not decisive</source>
        <translation>不起决定作用</translation>
    </message>
    <message>
        <source>parcels</source>
        <translation>图斑</translation>
    </message>
    <message>
        <source>zones</source>
        <translation>分区</translation>
    </message>
    <message>
        <source>elevation (DEM)</source>
        <translation>高程 (DEM)</translation>
    </message>
    <message>
        <source>land use</source>
        <translation>土地利用</translation>
    </message>
    <message>
        <source>soil depth</source>
        <translation>土层厚度</translation>
    </message>
    <message>
        <source>vegetation cover</source>
        <translation>植被盖度</translation>
    </message>
    <message>
        <source>channels</source>
        <translation>沟道</translation>
    </message>
    <message>
        <source>banks</source>
        <translation>岸线</translation>
    </message>
    <message>
        <source>flood passage</source>
        <translation>行洪通道</translation>
    </message>
    <message>
        <source>water-source areas</source>
        <translation>水源保护区</translation>
    </message>
    <message>
        <source>villages</source>
        <translation>村庄</translation>
    </message>
    <message>
        <source>roads</source>
        <translation>道路</translation>
    </message>
    <message>
        <source>gullies</source>
        <translation>侵蚀沟</translation>
    </message>
    <message>
        <source>water bodies</source>
        <translation>水体</translation>
    </message>
    <message>
        <source>pollution sources</source>
        <translation>污染源</translation>
    </message>
    <message>
        <source>buildings</source>
        <translation>建筑物</translation>
    </message>
    <message>
        <source>administrative villages</source>
        <translation>行政村</translation>
    </message>
    <message>
        <source>soil conservation region</source>
        <translation>水土保持分区</translation>
    </message>
    <message>
        <source>type of watershed</source>
        <translation>小流域类型</translation>
    </message>
    <message>
        <source>county profile</source>
        <translation>县情参数</translation>
    </message>
    <message>
        <source>{0} edits of {1} were not saved; More puts them back.</source>
        <translation>{1} 有 {0} 处编辑未保存；可在“更多”中恢复。</translation>
    </message>
    <message>
        <source>{} edits put back and saved.</source>
        <translation>已恢复并保存 {} 处编辑。</translation>
    </message>
    <message>
        <source>Notice board of a plant (8.5.2)</source>
        <translation>处理设施公示牌（8.5.2）</translation>
    </message>
    <message>
        <source>Sign board of the watershed (5.2.2-3)</source>
        <translation>小流域标识牌（5.2.2-3）</translation>
    </message>
    <message>
        <source>Name of the plant</source>
        <translation>设施名称</translation>
    </message>
    <message>
        <source>Process</source>
        <translation>处理工艺</translation>
    </message>
    <message>
        <source>Capacity</source>
        <translation>处理能力</translation>
    </message>
    <message>
        <source>Effluent quality</source>
        <translation>出水水质</translation>
    </message>
    <message>
        <source>Person in charge</source>
        <translation>管理责任人</translation>
    </message>
    <message>
        <source>Telephone</source>
        <translation>联系电话</translation>
    </message>
    <message>
        <source>Watershed</source>
        <translation>小流域</translation>
    </message>
    <message>
        <source>Type</source>
        <translation>类型</translation>
    </message>
    <message>
        <source>Area (km²)</source>
        <translation>面积（km²）</translation>
    </message>
    <message>
        <source>Built in</source>
        <translation>建设时间</translation>
    </message>
    <message>
        <source>Built by</source>
        <translation>建设单位</translation>
    </message>
    <message>
        <source>Kept by</source>
        <translation>管护单位</translation>
    </message>
    <message>
        <source>soil erosion (for comparing schemes)</source>
        <translation>水土流失（用于方案比较）</translation>
    </message>
</context>
<context>
    <name>LayoutDrawing</name>
    <message>
        <source>Open a survey or begin a new layout first.</source>
        <translation>请先打开调查库或新建布局。</translation>
    </message>
    <message>
        <source>Choose a measure of the palette first.</source>
        <translation>请先在措施列表中选择措施。</translation>
    </message>
    <message>
        <source>Choose the layer of parcels on the page Layers first.</source>
        <translation>请先在“图层”页选择图斑图层。</translation>
    </message>
    <message>
        <source>The layout cannot be written: the survey is open for reading only.</source>
        <translation>布局不能写入：调查库以只读方式打开。</translation>
    </message>
    <message>
        <source>An other measure needs a name, a unit and a clause: choose it again to enter them.</source>
        <translation>“其他”措施须填写名称、单位和条文：请重新选择后填写。</translation>
    </message>
    <message>
        <source>Draw {}</source>
        <translation>绘制{}</translation>
    </message>
    <message>
        <source>{} split into {} along the parcels.</source>
        <translation>{}沿图斑分为 {} 块。</translation>
    </message>
    <message>
        <source>Not split: choose the layer of parcels on the page Layers first.</source>
        <translation>未分割：请先在“图层”页选择图斑图层。</translation>
    </message>
    <message>
        <source>Copy {}</source>
        <translation>复制{}</translation>
    </message>
    <message>
        <source>Move {}</source>
        <translation>移动{}</translation>
    </message>
    <message>
        <source>Reshape {}</source>
        <translation>修改{}边界</translation>
    </message>
    <message>
        <source>Select measures on the map first.</source>
        <translation>请先在地图上选择措施。</translation>
    </message>
    <message>
        <source>Split {}</source>
        <translation>分割{}</translation>
    </message>
    <message>
        <source>{} parts along the parcels.</source>
        <translation>沿图斑分为 {} 块。</translation>
    </message>
    <message>
        <source>Each lies in one parcel.</source>
        <translation>所选措施均在同一图斑内。</translation>
    </message>
    <message>
        <source>Delete {} measures</source>
        <translation>删除 {} 项措施</translation>
    </message>
    <message>
        <source>{} measures deleted.</source>
        <translation>已删除 {} 项措施。</translation>
    </message>
</context>
<context>
    <name>LayoutFiles</name>
    <message>
        <source>Open survey</source>
        <translation>打开调查库</translation>
    </message>
    <message>
        <source>Survey (*.gpkg)</source>
        <translation>调查库 (*.gpkg)</translation>
    </message>
    <message>
        <source>No layout opened yet</source>
        <translation>尚未打开过布局</translation>
    </message>
    <message>
        <source>Unit prices</source>
        <translation>单价表</translation>
    </message>
    <message>
        <source>Save as DXF</source>
        <translation>另存为 DXF</translation>
    </message>
    <message>
        <source>{} written: {} layers, {} entities.</source>
        <translation>已写出 {}：{} 个图层，{} 个图元。</translation>
    </message>
    <message>
        <source>Save the plot table</source>
        <translation>保存图斑表</translation>
    </message>
    <message>
        <source>{} written: {} plots.</source>
        <translation>已写出 {}：{} 个图斑。</translation>
    </message>
</context>
<context>
    <name>LayoutPanel</name>
    <message>
        <source>Open survey …</source>
        <translation>打开调查库…</translation>
    </message>
    <message>
        <source>New layout</source>
        <translation>新建布局</translation>
    </message>
    <message>
        <source>A layout of its own, in a scratch file, without a survey</source>
        <translation>不依托调查库的独立布局，存于临时文件</translation>
    </message>
    <message>
        <source>Save</source>
        <translation>保存</translation>
    </message>
    <message>
        <source>Undo</source>
        <translation>撤销</translation>
    </message>
    <message>
        <source>Redo</source>
        <translation>重做</translation>
    </message>
    <message>
        <source>More</source>
        <translation>更多</translation>
    </message>
    <message>
        <source>Discard unsaved edits</source>
        <translation>放弃未保存的编辑</translation>
    </message>
    <message>
        <source>Save as DXF …</source>
        <translation>另存为 DXF…</translation>
    </message>
    <message>
        <source>Save the plot table …</source>
        <translation>保存图斑表…</translation>
    </message>
    <message>
        <source>Close the layout</source>
        <translation>关闭布局</translation>
    </message>
    <message>
        <source>Draw</source>
        <translation>绘制</translation>
    </message>
    <message>
        <source>Draw the chosen measure; the clauses follow. Right click ends.</source>
        <translation>绘制所选措施，条文检查随绘随显；右键结束。</translation>
    </message>
    <message>
        <source>Whole parcels</source>
        <translation>整块图斑</translation>
    </message>
    <message>
        <source>Click parcels: each gets the chosen measure</source>
        <translation>点击图斑，整块赋予所选措施</translation>
    </message>
    <message>
        <source>Move</source>
        <translation>移动</translation>
    </message>
    <message>
        <source>Click a measure, carry it, click where it goes</source>
        <translation>点击措施，移动光标，再点击放下</translation>
    </message>
    <message>
        <source>Copy</source>
        <translation>复制</translation>
    </message>
    <message>
        <source>Click a measure, carry it, click where the copy goes</source>
        <translation>点击措施，移动光标，再点击放下副本</translation>
    </message>
    <message>
        <source>Corners</source>
        <translation>折点</translation>
    </message>
    <message>
        <source>Drag a corner or an edge of a measure</source>
        <translation>拖动措施的折点或边</translation>
    </message>
    <message>
        <source>Split along parcels</source>
        <translation>沿图斑分割</translation>
    </message>
    <message>
        <source>Split the selected</source>
        <translation>分割所选</translation>
    </message>
    <message>
        <source>Delete the selected</source>
        <translation>删除所选</translation>
    </message>
    <message>
        <source>Findings</source>
        <translation>检查</translation>
    </message>
    <message>
        <source>Quantities</source>
        <translation>工程量</translation>
    </message>
    <message>
        <source>Schemes</source>
        <translation>方案</translation>
    </message>
    <message>
        <source>Card</source>
        <translation>措施卡</translation>
    </message>
    <message>
        <source>Layers</source>
        <translation>图层</translation>
    </message>
    <message>
        <source>Put back what an earlier session did not save</source>
        <translation>恢复上次未保存的编辑</translation>
    </message>
    <message>
        <source>Candidate areas of measures …</source>
        <translation>措施适宜区…</translation>
    </message>
    <message>
        <source>Findings as a layer …</source>
        <translation>检查结果输出为图层…</translation>
    </message>
</context>
<context>
    <name>LayoutReview</name>
    <message>
        <source>Card of {}</source>
        <translation>{}的措施卡</translation>
    </message>
    <message>
        <source>Maintenance done</source>
        <translation>已完成管护</translation>
    </message>
    <message>
        <source>Duplicate as a scheme</source>
        <translation>复制为方案</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>名称</translation>
    </message>
    <message>
        <source>{} kept with {} measures.</source>
        <translation>已保存{}，共 {} 项措施。</translation>
    </message>
    <message>
        <source>Work on {}</source>
        <translation>改用{}</translation>
    </message>
    <message>
        <source>{} is drawn now: {} measures.</source>
        <translation>当前绘制的是{}：{} 项措施。</translation>
    </message>
    <message>
        <source>Choose the layers on the page Layers first: schemes are compared on them.</source>
        <translation>请先在“图层”页选择图层：方案以其为底进行比较。</translation>
    </message>
    <message>
        <source>Comparing schemes</source>
        <translation>比较方案</translation>
    </message>
    <message>
        <source>Tick the parcels that are to be taken from the right.</source>
        <translation>请勾选要从右侧方案取用的图斑。</translation>
    </message>
    <message>
        <source>Merge {} and {}</source>
        <translation>合并{}与{}</translation>
    </message>
    <message>
        <source>{0} parcels taken from {1}; undo takes it back.</source>
        <translation>已从{1}取用 {0} 个图斑；可撤销。</translation>
    </message>
    <message>
        <source>Whole layout</source>
        <translation>整个布局</translation>
    </message>
    <message>
        <source>This has no place of its own on the map.</source>
        <translation>该条没有对应的图上位置。</translation>
    </message>
</context>
<context>
    <name>LayoutSession</name>
    <message>
        <source>Measures</source>
        <translation>措施</translation>
    </message>
</context>
<context>
    <name>MarginChart</name>
    <message>
        <source>value {}</source>
        <translation>数值 {}</translation>
    </message>
</context>
<context>
    <name>Palette</name>
    <message>
        <source>Follow the cursor</source>
        <translation>随光标所在分区</translation>
    </message>
    <message>
        <source>All zones</source>
        <translation>全部分区</translation>
    </message>
    <message>
        <source>South or water network: habitat measures in the channel zone too</source>
        <translation>南方及平原水网区：人居环境措施也可列入沟（河）道区</translation>
    </message>
    <message>
        <source>Remark of table B.1</source>
        <translation>表 B.1 备注</translation>
    </message>
    <message>
        <source>Type</source>
        <translation>类型</translation>
    </message>
    <message>
        <source>Zone</source>
        <translation>分区</translation>
    </message>
    <message>
        <source>Drawn as</source>
        <translation>绘制为</translation>
    </message>
    <message>
        <source>Measure</source>
        <translation>措施</translation>
    </message>
    <message>
        <source>Unit</source>
        <translation>单位</translation>
    </message>
    <message>
        <source>Drawn</source>
        <translation>已绘</translation>
    </message>
    <message>
        <source>■ main measures</source>
        <translation>■ 主要措施</translation>
    </message>
    <message>
        <source>★ further measures</source>
        <translation>★ 次要措施</translation>
    </message>
    <message>
        <source>Other, and what only the text names</source>
        <translation>其他及仅条文提到的措施</translation>
    </message>
    <message>
        <source>Clauses {}</source>
        <translation>条文 {}</translation>
    </message>
    <message>
        <source>In this zone by the remark of table B.1</source>
        <translation>按表 B.1 备注列入本区</translation>
    </message>
    <message>
        <source>The cursor lies in no zone: all measures are listed.</source>
        <translation>光标不在任何分区内：列出全部措施。</translation>
    </message>
    <message>
        <source>Cursor: {}</source>
        <translation>光标处：{}</translation>
    </message>
    <message>
        <source>area</source>
        <translation>面</translation>
    </message>
    <message>
        <source>line</source>
        <translation>线</translation>
    </message>
    <message>
        <source>point</source>
        <translation>点</translation>
    </message>
</context>
<context>
    <name>PracticeOpener</name>
    <message>
        <source>An empty folder for the practice watershed</source>
        <translation>存放练习小流域的空文件夹</translation>
    </message>
    <message>
        <source>The practice watershed is being made; wait a little.</source>
        <translation>正在生成练习小流域，请稍候。</translation>
    </message>
    <message>
        <source>{}: the folder holds other files. Choose an empty one.</source>
        <translation>{}：文件夹中已有其他文件，请选择空文件夹。</translation>
    </message>
    <message>
        <source>Making the practice watershed …</source>
        <translation>正在生成练习小流域…</translation>
    </message>
    <message>
        <source>cancelled</source>
        <translation>已取消</translation>
    </message>
    <message>
        <source>The practice watershed was not made: {}</source>
        <translation>练习小流域未生成：{}</translation>
    </message>
</context>
<context>
    <name>Press</name>
    <message>
        <source>Plan figures</source>
        <translation>规划图件</translation>
    </message>
</context>
<context>
    <name>ProfilePlot</name>
    <message>
        <source>Click a channel on the map to see its profile.</source>
        <translation>在地图上点击一条沟道，查看其纵剖面。</translation>
    </message>
    <message>
        <source>{}: {:.0f} m long, gradient {:.2f} ‰ (dashed)</source>
        <translation>{}：长 {:.0f} m，比降 {:.2f} ‰（虚线）</translation>
    </message>
</context>
<context>
    <name>SchemesPanel</name>
    <message>
        <source>Duplicate as a scheme …</source>
        <translation>复制为方案…</translation>
    </message>
    <message>
        <source>Work on it</source>
        <translation>改用该方案</translation>
    </message>
    <message>
        <source>The measures drawn now give way to those of the scheme on the right; undo takes it back</source>
        <translation>当前绘制的措施换为右侧方案的措施；可撤销</translation>
    </message>
    <message>
        <source>Delete</source>
        <translation>删除</translation>
    </message>
    <message>
        <source>Compare</source>
        <translation>对比</translation>
    </message>
    <message>
        <source>Take the ticked parcels from the right</source>
        <translation>取用右侧方案中勾选的图斑</translation>
    </message>
    <message>
        <source>Parcel</source>
        <translation>图斑</translation>
    </message>
    <message>
        <source>Left</source>
        <translation>左</translation>
    </message>
    <message>
        <source>Right</source>
        <translation>右</translation>
    </message>
    <message>
        <source>as drawn now</source>
        <translation>当前绘制</translation>
    </message>
    <message>
        <source>Only one layout yet. Duplicate it, change what is drawn, and compare both here.</source>
        <translation>目前只有一个布局。可将其复制为方案，修改后在此比较。</translation>
    </message>
    <message>
        <source>{} parcels differ.</source>
        <translation>有 {} 个图斑不同。</translation>
    </message>
    <message>
        <source>Stale: the layout has been changed since. Compare again.</source>
        <translation>结果已过时：布局在比较后有改动，请重新比较。</translation>
    </message>
    <message>
        <source>Measures</source>
        <translation>措施</translation>
    </message>
    <message>
        <source>Area under measures (hm²)</source>
        <translation>措施面积（hm²）</translation>
    </message>
    <message>
        <source>Measures: {}</source>
        <translation>措施数：{}</translation>
    </message>
    <message>
        <source>Cost (yuan)</source>
        <translation>投资（元）</translation>
    </message>
    <message>
        <source>Whole</source>
        <translation>总体</translation>
    </message>
    <message>
        <source>Measure</source>
        <translation>措施</translation>
    </message>
    <message>
        <source>Unit</source>
        <translation>单位</translation>
    </message>
    <message>
        <source>Change</source>
        <translation>变化</translation>
    </message>
    <message>
        <source>Cost: {}</source>
        <translation>投资：{}</translation>
    </message>
    <message>
        <source>outside all parcels</source>
        <translation>图斑以外</translation>
    </message>
    <message>
        <source>{0}: not known without {1}</source>
        <translation>{0}：缺少{1}，无法估算</translation>
    </message>
    <message>
        <source>{0} (%), now {1}; with all measures built</source>
        <translation>{0}（%），现状 {1}；措施全部建成后</translation>
    </message>
</context>
<context>
    <name>Sources</name>
    <message>
        <source>Codes of the land use (CSV)</source>
        <translation>土地利用代码对照表 (CSV)</translation>
    </message>
    <message>
        <source>not said</source>
        <translation>未指定</translation>
    </message>
    <message>
        <source>Check with these layers</source>
        <translation>按所选图层检查</translation>
    </message>
    <message>
        <source>A role without a layer leaves its rules unknown; nothing is passed silently.</source>
        <translation>未指定图层的项，其规则结论为“未知”，绝不默认通过。</translation>
    </message>
</context>
<context>
    <name>StagePage</name>
    <message>
        <source>Document, number, reason</source>
        <translation>文件名称、文号、理由</translation>
    </message>
    <message>
        <source>open</source>
        <translation>未答</translation>
    </message>
    <message>
        <source>yes</source>
        <translation>是</translation>
    </message>
    <message>
        <source>no</source>
        <translation>否</translation>
    </message>
    <message>
        <source>Type</source>
        <translation>类型</translation>
    </message>
    <message>
        <source>not chosen</source>
        <translation>未选择</translation>
    </message>
    <message>
        <source>What changes</source>
        <translation>变动内容</translation>
    </message>
    <message>
        <source>now</source>
        <translation>现在</translation>
    </message>
    <message>
        <source>then</source>
        <translation>改后</translation>
    </message>
    <message>
        <source>Choose this type</source>
        <translation>选用该类型</translation>
    </message>
    <message>
        <source>Indicator</source>
        <translation>指标</translation>
    </message>
    <message>
        <source>Threshold</source>
        <translation>阈值</translation>
    </message>
    <message>
        <source>Present</source>
        <translation>现状</translation>
    </message>
    <message>
        <source>Planned</source>
        <translation>规划</translation>
    </message>
    <message>
        <source>Horizon</source>
        <translation>远期</translation>
    </message>
    <message>
        <source>Steps</source>
        <translation>步骤</translation>
    </message>
    <message>
        <source>Run again</source>
        <translation>重新运行</translation>
    </message>
    <message>
        <source>Run</source>
        <translation>运行</translation>
    </message>
    <message>
        <source>The algorithm&apos;s own dialog, with all its parameters</source>
        <translation>打开算法对话框，设置全部参数</translation>
    </message>
    <message>
        <source>needs {}</source>
        <translation>需要 {}</translation>
    </message>
    <message>
        <source>Survey tables</source>
        <translation>调查表</translation>
    </message>
    <message>
        <source>Limits and profiles</source>
        <translation>阈值与纵剖面</translation>
    </message>
    <message>
        <source>Check and mend zones</source>
        <translation>检查与修补分区</translation>
    </message>
    <message>
        <source>Design the layout</source>
        <translation>布设措施</translation>
    </message>
    <message>
        <source>Evaluation in detail</source>
        <translation>评价详情</translation>
    </message>
    <message>
        <source>Plan figures</source>
        <translation>规划图件</translation>
    </message>
    <message>
        <source>To the field and back</source>
        <translation>外业往返</translation>
    </message>
</context>
<context>
    <name>StreamDock</name>
    <message>
        <source>Compute</source>
        <translation>计算</translation>
    </message>
    <message>
        <source>Back to the standard&apos;s limits</source>
        <translation>恢复标准限值</translation>
    </message>
    <message>
        <source>Channels</source>
        <translation>沟道</translation>
    </message>
    <message>
        <source>Now</source>
        <translation>当前</translation>
    </message>
    <message>
        <source>By the standard</source>
        <translation>按标准</translation>
    </message>
    <message>
        <source>Choose a DEM and compute. The whole DEM is routed.</source>
        <translation>选择 DEM 后计算。汇流在整幅 DEM 上进行。</translation>
    </message>
    <message>
        <source>Longer than</source>
        <translation>长度大于</translation>
    </message>
    <message>
        <source>or draining more than</source>
        <translation>或集水面积大于</translation>
    </message>
    <message>
        <source>channels begin at</source>
        <translation>沟头集水面积</translation>
    </message>
    <message>
        <source>There is no raster in the project. Add a DEM first.</source>
        <translation>工程中没有栅格，请先添加 DEM。</translation>
    </message>
    <message>
        <source>Stream survey of {}</source>
        <translation>沟道调查：{}</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>Computing …</source>
        <translation>正在计算……</translation>
    </message>
    <message>
        <source>Cancelled; nothing was changed.</source>
        <translation>已取消，未作任何改动。</translation>
    </message>
    <message>
        <source>Click a channel to see its profile.</source>
        <translation>点击一条沟道查看纵剖面。</translation>
    </message>
    <message>
        <source>All channels</source>
        <translation>全部沟道</translation>
    </message>
    <message>
        <source>To be surveyed</source>
        <translation>需调查</translation>
    </message>
    <message>
        <source>by length / by area / by both</source>
        <translation>按长度 / 按面积 / 二者</translation>
    </message>
    <message>
        <source>Near misses</source>
        <translation>接近限值</translation>
    </message>
    <message>
        <source>Length to survey (km)</source>
        <translation>需调查长度（km）</translation>
    </message>
    <message>
        <source>Drainage density (km/km²)</source>
        <translation>沟壑密度（km/km²）</translation>
    </message>
    <message>
        <source>Channels (preview)</source>
        <translation>沟道（预览）</translation>
    </message>
    <message>
        <source>Channel {}</source>
        <translation>沟道 {}</translation>
    </message>
</context>
<context>
    <name>SurveyDock</name>
    <message>
        <source>yes</source>
        <translation>是</translation>
    </message>
    <message>
        <source>no</source>
        <translation>否</translation>
    </message>
    <message>
        <source>Changed by someone else</source>
        <translation>他人已修改</translation>
    </message>
    <message>
        <source>Deleted by {} at {}. Enter it again with your values?</source>
        <translation>该行已由 {} 于 {} 删除。是否用您填写的值重新录入？</translation>
    </message>
    <message>
        <source>Changed by {} at {} since you opened it. Choose which value stays.</source>
        <translation>您打开后，该行由 {} 于 {} 修改过。请选择保留哪个值。</translation>
    </message>
    <message>
        <source>Field</source>
        <translation>字段</translation>
    </message>
    <message>
        <source>In the survey</source>
        <translation>调查库中</translation>
    </message>
    <message>
        <source>Entered here</source>
        <translation>此处填写</translation>
    </message>
    <message>
        <source>Keep</source>
        <translation>保留</translation>
    </message>
    <message>
        <source>mine</source>
        <translation>我的</translation>
    </message>
    <message>
        <source>theirs</source>
        <translation>对方的</translation>
    </message>
    <message>
        <source>Open a survey, or make a new one.</source>
        <translation>请打开或新建调查库。</translation>
    </message>
    <message>
        <source>Reading the standard</source>
        <translation>读取标准</translation>
    </message>
    <message>
        <source>Open survey</source>
        <translation>打开调查库</translation>
    </message>
    <message>
        <source>Survey (*.gpkg)</source>
        <translation>调查库 (*.gpkg)</translation>
    </message>
    <message>
        <source>No survey opened yet</source>
        <translation>尚未打开过调查库</translation>
    </message>
    <message>
        <source>Checking the survey …</source>
        <translation>正在检查调查库……</translation>
    </message>
    <message>
        <source>Checking the survey</source>
        <translation>检查调查库</translation>
    </message>
    <message>
        <source>The survey is sound.</source>
        <translation>调查库完好。</translation>
    </message>
    <message>
        <source>Not unlocked: a reason is needed.</source>
        <translation>未解锁：需要填写理由。</translation>
    </message>
    <message>
        <source>Unlock the sheet</source>
        <translation>解锁调查表</translation>
    </message>
    <message>
        <source>Why is the checked sheet opened again?</source>
        <translation>为什么重新打开已校核的调查表？</translation>
    </message>
    <message>
        <source>No draft could be kept: {}</source>
        <translation>草稿无法保存：{}</translation>
    </message>
    <message>
        <source>Not saved: {} of {} ({} in all).</source>
        <translation>未保存的草稿：{}，{}（共 {} 份）。</translation>
    </message>
    <message>
        <source>The sheet is checked; unlock it first.</source>
        <translation>该表已校核，请先解锁。</translation>
    </message>
    <message>
        <source>Not saved: {}</source>
        <translation>未保存：{}</translation>
    </message>
    <message>
        <source>Saved.</source>
        <translation>已保存。</translation>
    </message>
    <message>
        <source>The last action was taken back.</source>
        <translation>已撤销上一次操作。</translation>
    </message>
    <message>
        <source>Map edits saved: {} rows.</source>
        <translation>地图编辑已保存：{} 行。</translation>
    </message>
    <message>
        <source>{} rows copied.</source>
        <translation>已复制 {} 行。</translation>
    </message>
    <message>
        <source>Nothing to paste: the rows are the same already.</source>
        <translation>没有可粘贴的内容：各行已相同。</translation>
    </message>
    <message>
        <source>{} rows pasted.</source>
        <translation>已粘贴 {} 行。</translation>
    </message>
    <message>
        <source>No row for this feature yet; a new row is linked to it.</source>
        <translation>该要素还没有记录；已新建一行并与之关联。</translation>
    </message>
    <message>
        <source>Select one feature of the layer on the map first.</source>
        <translation>请先在地图上选择该图层的一个要素。</translation>
    </message>
    <message>
        <source>“{}” is not a number.</source>
        <translation>“{}”不是数字。</translation>
    </message>
    <message>
        <source>“{}” is not a whole number.</source>
        <translation>“{}”不是整数。</translation>
    </message>
    <message>
        <source>“{}” is not a date; write 2026-01-31.</source>
        <translation>“{}”不是日期，请写成 2026-01-31。</translation>
    </message>
    <message>
        <source>“{}” cannot be read.</source>
        <translation>无法识别“{}”。</translation>
    </message>
    <message>
        <source>Clauses: {}</source>
        <translation>条文：{}</translation>
    </message>
    <message>
        <source>Link to selection</source>
        <translation>关联所选要素</translation>
    </message>
    <message>
        <source>Zoom</source>
        <translation>缩放到</translation>
    </message>
    <message>
        <source>Clause {}</source>
        <translation>条文 {}</translation>
    </message>
    <message>
        <source>linked</source>
        <translation>已关联</translation>
    </message>
    <message>
        <source>not linked to a feature yet</source>
        <translation>尚未关联要素</translation>
    </message>
    <message>
        <source>computed: {}</source>
        <translation>计算值：{}</translation>
    </message>
    <message>
        <source>computed: {} ({})</source>
        <translation>计算值：{}（{}）</translation>
    </message>
    <message>
        <source>computed: {}; entered differs by {}</source>
        <translation>计算值：{}；填写值相差 {}</translation>
    </message>
    <message>
        <source>Added columns (not in the printed table)</source>
        <translation>补充列（原表未列）</translation>
    </message>
    <message>
        <source>From the map: {}</source>
        <translation>由地图得到：{}</translation>
    </message>
    <message>
        <source>Save head</source>
        <translation>保存表头</translation>
    </message>
    <message>
        <source>Filled</source>
        <translation>已填</translation>
    </message>
    <message>
        <source>Check and lock</source>
        <translation>校核并锁定</translation>
    </message>
    <message>
        <source>Unlock …</source>
        <translation>解锁……</translation>
    </message>
    <message>
        <source>The date cannot be read; write 2026-01-31.</source>
        <translation>无法识别日期，请写成 2026-01-31。</translation>
    </message>
    <message>
        <source>The checker must be someone else than the surveyor.</source>
        <translation>校核人不能是调查人本人。</translation>
    </message>
    <message>
        <source>Enter surveyor and checker before the sheet is checked and locked.</source>
        <translation>校核锁定前请填写调查人和校核人。</translation>
    </message>
    <message>
        <source>Copying rows</source>
        <translation>正在复制行</translation>
    </message>
    <message>
        <source>Pasting rows …</source>
        <translation>正在粘贴行……</translation>
    </message>
    <message>
        <source>Waiting for {} to finish saving ({} s) …</source>
        <translation>正在等待 {} 完成保存（{} 秒）……</translation>
    </message>
    <message>
        <source>another program</source>
        <translation>另一程序</translation>
    </message>
    <message>
        <source>Checking what QGIS saved</source>
        <translation>正在检查 QGIS 自行保存的内容</translation>
    </message>
    <message>
        <source>Opening the layers …</source>
        <translation>正在打开图层……</translation>
    </message>
    <message>
        <source>Evaluating …</source>
        <translation>正在评价……</translation>
    </message>
    <message>
        <source>Open the survey first, then follow the link again.</source>
        <translation>请先打开调查库，再点一次链接。</translation>
    </message>
    <message>
        <source>This is no entry of a table: {} {}</source>
        <translation>此项不在调查表中填写：{} {}</translation>
    </message>
    <message>
        <source>This is measured on the map: draw or edit it in the layer {}.</source>
        <translation>此项在图上量取：请在图层“{}”中绘制或修改。</translation>
    </message>
    <message>
        <source>Taking the last action back …</source>
        <translation>正在撤销上一步……</translation>
    </message>
    <message>
        <source>Saving {} rows …</source>
        <translation>正在保存 {} 行……</translation>
    </message>
    <message>
        <source>e.g. {}</source>
        <translation>例：{}</translation>
    </message>
    <message>
        <source>The survey names no type of watershed; what it needs depends on that.</source>
        <translation>调查库未指定小流域类型，无法判断尚缺内容。</translation>
    </message>
    <message>
        <source>{}: every indicator has what it needs.</source>
        <translation>{}：各项指标所需数据已齐。</translation>
    </message>
    <message>
        <source>{}: {} indicators still lack something. Click a line to enter it.</source>
        <translation>{}：还有 {} 项指标缺少数据，点击条目即可填写。</translation>
    </message>
    <message>
        <source>Reading photos</source>
        <translation>正在读取照片</translation>
    </message>
    <message>
        <source>Photos of this row: {}</source>
        <translation>本行照片：{} 张</translation>
    </message>
    <message>
        <source>No photos of this row yet.</source>
        <translation>本行还没有照片。</translation>
    </message>
    <message>
        <source>{} photos of the survey have lost their file: {}</source>
        <translation>调查库中有 {} 张照片找不到文件：{}</translation>
    </message>
    <message>
        <source>{} files under photos/ belong to no row: {}</source>
        <translation>photos/ 下有 {} 个文件不属于任何一行：{}</translation>
    </message>
    <message>
        <source>Add photos</source>
        <translation>添加照片</translation>
    </message>
    <message>
        <source>Photos (*.jpg *.jpeg *.png *.tif *.tiff *.webp *.heic);;All files (*)</source>
        <translation>照片 (*.jpg *.jpeg *.png *.tif *.tiff *.webp *.heic);;所有文件 (*)</translation>
    </message>
    <message>
        <source>{} photos added.</source>
        <translation>已添加 {} 张照片。</translation>
    </message>
    <message>
        <source>Adding photos …</source>
        <translation>正在添加照片……</translation>
    </message>
    <message>
        <source>Photo removed; its file stays under photos/, Undo brings it back.</source>
        <translation>照片已移除，文件仍留在 photos/ 下，可撤销恢复。</translation>
    </message>
    <message>
        <source>Removing the photo …</source>
        <translation>正在移除照片……</translation>
    </message>
    <message>
        <source>Saving …</source>
        <translation>正在保存……</translation>
    </message>
    <message>
        <source>Add photos …</source>
        <translation>添加照片……</translation>
    </message>
    <message>
        <source>Remove photo</source>
        <translation>移除照片</translation>
    </message>
    <message>
        <source>What the photo shows</source>
        <translation>照片内容</translation>
    </message>
    <message>
        <source>Direction</source>
        <translation>方位角</translation>
    </message>
    <message>
        <source>Note</source>
        <translation>说明</translation>
    </message>
    <message>
        <source>No rows yet: add one, paste some, or select a feature on the map.</source>
        <translation>还没有行：可新增、粘贴，或在地图上选中要素。</translation>
    </message>
    <message>
        <source>Select the rows to delete in the list first.</source>
        <translation>请先在列表中选中要删除的行。</translation>
    </message>
    <message>
        <source>Deleting {} rows …</source>
        <translation>正在删除 {} 行……</translation>
    </message>
    <message>
        <source>Delete {count} rows of {table} ({names})?</source>
        <translation>确定删除 {table} 中的 {count} 行（{names}）？</translation>
    </message>
    <message>
        <source>Their photos go with them, features on the map stay; Undo brings all back.</source>
        <translation>所属照片一并移出，图上要素保留；可撤销恢复。</translation>
    </message>
    <message>
        <source>Delete rows</source>
        <translation>删除行</translation>
    </message>
    <message>
        <source>{} rows deleted; Undo brings them back.</source>
        <translation>已删除 {} 行，可撤销恢复。</translation>
    </message>
    <message>
        <source>Checked and locked.</source>
        <translation>已校核并锁定。</translation>
    </message>
    <message>
        <source>Unlocked; the reason is in the change log.</source>
        <translation>已解锁，原因已记入变更记录。</translation>
    </message>
    <message>
        <source>Head saved.</source>
        <translation>表头已保存。</translation>
    </message>
    <message>
        <source>{} errors, {} warnings, {} notes. Click a line to go there.</source>
        <translation>{} 项错误、{} 项警告、{} 项提示，点击条目可前往。</translation>
    </message>
    <message>
        <source>The checks found nothing wrong.</source>
        <translation>检查未发现问题。</translation>
    </message>
    <message>
        <source>… and {} more</source>
        <translation>……另有 {} 项</translation>
    </message>
    <message>
        <source>Errors</source>
        <translation>错误</translation>
    </message>
    <message>
        <source>Warnings</source>
        <translation>警告</translation>
    </message>
    <message>
        <source>Notes</source>
        <translation>提示</translation>
    </message>
    <message>
        <source>Cannot be judged yet</source>
        <translation>尚无法判断</translation>
    </message>
    <message>
        <source>Checking …</source>
        <translation>正在检查……</translation>
    </message>
    <message>
        <source>Saved elsewhere and shown anew: {}.</source>
        <translation>别处已保存，已重新显示：{}。</translation>
    </message>
    <message>
        <source>No layer of the survey has unsaved edits.</source>
        <translation>调查库的图层没有未保存的编辑。</translation>
    </message>
    <message>
        <source>Saving map edits …</source>
        <translation>正在保存地图编辑……</translation>
    </message>
    <message>
        <source>Give up waiting</source>
        <translation>不再等待</translation>
    </message>
</context>
<context>
    <name>SurveyPanel</name>
    <message>
        <source>Choose a row to fill it.</source>
        <translation>请选择一行进行填写。</translation>
    </message>
    <message>
        <source>Table</source>
        <translation>表</translation>
    </message>
    <message>
        <source>Rows</source>
        <translation>行数</translation>
    </message>
    <message>
        <source>Filled</source>
        <translation>已填</translation>
    </message>
    <message>
        <source>Missing</source>
        <translation>缺</translation>
    </message>
    <message>
        <source>Wrong</source>
        <translation>有误</translation>
    </message>
    <message>
        <source>State</source>
        <translation>状态</translation>
    </message>
    <message>
        <source>Open survey …</source>
        <translation>打开调查库……</translation>
    </message>
    <message>
        <source>New survey …</source>
        <translation>新建调查库……</translation>
    </message>
    <message>
        <source>Close survey</source>
        <translation>关闭调查库</translation>
    </message>
    <message>
        <source>Save map edits</source>
        <translation>保存地图编辑</translation>
    </message>
    <message>
        <source>Undo</source>
        <translation>撤销</translation>
    </message>
    <message>
        <source>New row</source>
        <translation>新增一行</translation>
    </message>
    <message>
        <source>Copy rows</source>
        <translation>复制各行</translation>
    </message>
    <message>
        <source>Paste rows</source>
        <translation>粘贴各行</translation>
    </message>
    <message>
        <source>Save</source>
        <translation>保存</translation>
    </message>
    <message>
        <source>Discard</source>
        <translation>放弃</translation>
    </message>
    <message>
        <source>Put back</source>
        <translation>恢复</translation>
    </message>
    <message>
        <source>Discard draft</source>
        <translation>放弃草稿</translation>
    </message>
    <message>
        <source>Stressed for this type of watershed (4.1.5)</source>
        <translation>本类型小流域的调查重点（4.1.5）</translation>
    </message>
    <message>
        <source>Delete rows …</source>
        <translation>删除行……</translation>
    </message>
    <message>
        <source>Tables</source>
        <translation>调查表</translation>
    </message>
    <message>
        <source>Still needed</source>
        <translation>尚缺内容</translation>
    </message>
    <message>
        <source>Checks</source>
        <translation>检查</translation>
    </message>
</context>
<context>
    <name>TodoList</name>
    <message>
        <source>No.</source>
        <translation>序号</translation>
    </message>
    <message>
        <source>What is missing</source>
        <translation>所缺数据</translation>
    </message>
    <message>
        <source>Leads to</source>
        <translation>前往</translation>
    </message>
    <message>
        <source>Nothing is missing for this type.</source>
        <translation>本类型没有待补数据。</translation>
    </message>
</context>
<context>
    <name>TotalsPanel</name>
    <message>
        <source>mu (15 to the hm²)</source>
        <translation>亩</translation>
    </message>
    <message>
        <source>By administrative village</source>
        <translation>按行政村</translation>
    </message>
    <message>
        <source>Unit prices …</source>
        <translation>单价表…</translation>
    </message>
    <message>
        <source>Plot table …</source>
        <translation>图斑表…</translation>
    </message>
    <message>
        <source>Plot labels on the map</source>
        <translation>在地图上标注图斑</translation>
    </message>
    <message>
        <source>Measure</source>
        <translation>措施</translation>
    </message>
    <message>
        <source>Why it is not used</source>
        <translation>未采用的理由</translation>
    </message>
    <message>
        <source>Give a reason …</source>
        <translation>说明理由…</translation>
    </message>
    <message>
        <source>Zone</source>
        <translation>分区</translation>
    </message>
    <message>
        <source>Village</source>
        <translation>行政村</translation>
    </message>
    <message>
        <source>Quantity</source>
        <translation>工程量</translation>
    </message>
    <message>
        <source>Unit</source>
        <translation>单位</translation>
    </message>
    <message>
        <source>Built</source>
        <translation>已建</translation>
    </message>
    <message>
        <source>Cost (yuan)</source>
        <translation>投资（元）</translation>
    </message>
    <message>
        <source>in no zone</source>
        <translation>不在分区内</translation>
    </message>
    <message>
        <source>Cost {} yuan ({})</source>
        <translation>投资 {} 元（{}）</translation>
    </message>
    <message>
        <source>No unit prices: choose a list to see the cost.</source>
        <translation>未选单价表：选择后显示投资。</translation>
    </message>
    <message>
        <source>■ measures of this type that the layout does not use (B.1 is advice): {}, without a reason: {}</source>
        <translation>该类型的 ■ 措施中布局未采用 {} 项（表 B.1 为建议），其中未说明理由 {} 项</translation>
    </message>
    <message>
        <source>{} (mean width)</source>
        <translation>{}（平均宽度）</translation>
    </message>
</context>
<context>
    <name>TrainingDock</name>
    <message>
        <source>Your name</source>
        <translation>姓名</translation>
    </message>
    <message>
        <source>Check</source>
        <translation>检查</translation>
    </message>
    <message>
        <source>Hint</source>
        <translation>提示</translation>
    </message>
    <message>
        <source>Back</source>
        <translation>上一步</translation>
    </message>
    <message>
        <source>Next</source>
        <translation>下一步</translation>
    </message>
    <message>
        <source>Folder of the course …</source>
        <translation>课程文件夹…</translation>
    </message>
    <message>
        <source>Put everything back</source>
        <translation>全部还原</translation>
    </message>
    <message>
        <source>Class summary …</source>
        <translation>班级汇总…</translation>
    </message>
    <message>
        <source>{title} ({minutes} min)  {right}/{all}</source>
        <translation>{title}（{minutes} 分钟）  {right}/{all}</translation>
    </message>
    <message>
        <source>Course in {}.</source>
        <translation>课程位于 {}。</translation>
    </message>
    <message>
        <source>Folder with the practice watershed</source>
        <translation>练习小流域所在文件夹</translation>
    </message>
    <message>
        <source>number</source>
        <translation>数值</translation>
    </message>
    <message>
        <source>Choose the folder of the course: the practice watershed from the menu.</source>
        <translation>请先选择课程文件夹：由“清流”菜单打开的练习小流域。</translation>
    </message>
    <message>
        <source>Write your name first: marks are kept under it.</source>
        <translation>请先填写姓名：成绩按姓名保存。</translation>
    </message>
    <message>
        <source>Still looking at the last answer.</source>
        <translation>正在判定上一个答案。</translation>
    </message>
    <message>
        <source>Look at the exercise</source>
        <translation>查看练习</translation>
    </message>
    <message>
        <source>This course has no layout exercise.</source>
        <translation>本课程没有布局练习。</translation>
    </message>
    <message>
        <source>✓ Right.</source>
        <translation>✓ 正确。</translation>
    </message>
    <message>
        <source>✗ Not yet; still to mend: {}.</source>
        <translation>✗ 尚未完成，还有 {} 处待改。</translation>
    </message>
    <message>
        <source>✗ Not yet.</source>
        <translation>✗ 尚未完成。</translation>
    </message>
    <message>
        <source>Records of the class</source>
        <translation>全班学习记录</translation>
    </message>
    <message>
        <source>Summary</source>
        <translation>汇总</translation>
    </message>
    <message>
        <source>Learner</source>
        <translation>学员</translation>
    </message>
    <message>
        <source>Clause</source>
        <translation>条文</translation>
    </message>
    <message>
        <source>Right</source>
        <translation>右</translation>
    </message>
    <message>
        <source>Steps</source>
        <translation>步骤</translation>
    </message>
    <message>
        <source>Tries</source>
        <translation>次数</translation>
    </message>
    <message>
        <source>Hints</source>
        <translation>提示数</translation>
    </message>
    <message>
        <source>{count} lines written to {file}.</source>
        <translation>已写入 {count} 行：{file}。</translation>
    </message>
    <message>
        <source>Put all files of the course back as they were? What was changed in them is lost.</source>
        <translation>把课程的全部文件恢复原样？其中的改动将丢失。</translation>
    </message>
    <message>
        <source>Back as it was; {} files had changed.</source>
        <translation>已恢复原样；有 {} 个文件曾被改动。</translation>
    </message>
</context>
<context>
    <name>Workspace</name>
    <message>
        <source>Clauses of the standard</source>
        <translation>标准条文</translation>
    </message>
    <message>
        <source>{} is not part of this version yet.</source>
        <translation>{} 尚未包含在本版本中。</translation>
    </message>
    <message>
        <source>Stream survey: limits and profiles</source>
        <translation>沟道调查：限值与剖面</translation>
    </message>
    <message>
        <source>Survey tables</source>
        <translation>调查表</translation>
    </message>
    <message>
        <source>Guide: from the map to recognition</source>
        <translation>建设导引：从底图到认定</translation>
    </message>
    <message>
        <source>Zones: check and mend</source>
        <translation>分区检查与修补</translation>
    </message>
    <message>
        <source>Layout of measures</source>
        <translation>措施布局</translation>
    </message>
    <message>
        <source>To the field and back</source>
        <translation>外业往返</translation>
    </message>
    <message>
        <source>Evaluation: the 20 indicators</source>
        <translation>评价：20 项指标</translation>
    </message>
    <message>
        <source>Course on the standard</source>
        <translation>标准培训课程</translation>
    </message>
    <message>
        <source>Open the practice watershed …</source>
        <translation>打开练习小流域…</translation>
    </message>
    <message>
        <source>User guide</source>
        <translation>使用指南</translation>
    </message>
    <message>
        <source>The guides are not built here: make docs.</source>
        <translation>此处尚未生成指南：请运行 make docs。</translation>
    </message>
    <message>
        <source>Plan figures</source>
        <translation>规划图件</translation>
    </message>
    <message>
        <source>Help on this window</source>
        <translation>本窗口的帮助</translation>
    </message>
</context>
<context>
    <name>ZonesDock</name>
    <message>
        <source>Check</source>
        <translation>检查</translation>
    </message>
    <message>
        <source>Fault</source>
        <translation>问题</translation>
    </message>
    <message>
        <source>Area (m²)</source>
        <translation>面积（m²）</translation>
    </message>
    <message>
        <source>Width (m)</source>
        <translation>宽度（m）</translation>
    </message>
    <message>
        <source>Zones</source>
        <translation>分区</translation>
    </message>
    <message>
        <source>Goes to</source>
        <translation>归入</translation>
    </message>
    <message>
        <source>Tick slivers only</source>
        <translation>只勾选细碎面</translation>
    </message>
    <message>
        <source>Tick all</source>
        <translation>全部勾选</translation>
    </message>
    <message>
        <source>Mend what is ticked</source>
        <translation>修补勾选项</translation>
    </message>
    <message>
        <source>Undo</source>
        <translation>撤销</translation>
    </message>
    <message>
        <source>Why the outline was drawn so</source>
        <translation>说明为何这样勾绘</translation>
    </message>
    <message>
        <source>Sign my edits</source>
        <translation>签署我的修改</translation>
    </message>
    <message>
        <source>Boundary</source>
        <translation>边界</translation>
    </message>
    <message>
        <source>Drawn by</source>
        <translation>勾绘人</translation>
    </message>
    <message>
        <source>Reason</source>
        <translation>理由</translation>
    </message>
    <message>
        <source>Check of {}</source>
        <translation>检查 {}</translation>
    </message>
    <message>
        <source>Cancelled; nothing was changed.</source>
        <translation>已取消，未作任何改动。</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>The zones were edited since the check. Check again.</source>
        <translation>检查之后分区又有修改，请重新检查。</translation>
    </message>
    <message>
        <source>No gap, no overlap, nothing outside: the zones cover the boundary exactly.</source>
        <translation>无空隙、无重叠、无越界：分区与边界完全吻合。</translation>
    </message>
    <message>
        <source>{count} faults: gaps {gap:,.1f} m², overlaps {overlap:,.1f} m², outside {outside:,.1f} m².</source>
        <translation>{count} 处问题：空隙 {gap:,.1f} m²，重叠 {overlap:,.1f} m²，越界 {outside:,.1f} m²。</translation>
    </message>
    <message>
        <source>The first {count} are listed; mending all mends the rest too.</source>
        <translation>只列出前 {count} 处；全部修补时其余各处一并修补。</translation>
    </message>
    <message>
        <source>cut off</source>
        <translation>裁去</translation>
    </message>
    <message>
        <source>gap</source>
        <translation>空隙</translation>
    </message>
    <message>
        <source>overlap</source>
        <translation>重叠</translation>
    </message>
    <message>
        <source>outside</source>
        <translation>越界</translation>
    </message>
    <message>
        <source>sliver</source>
        <translation>细碎面</translation>
    </message>
    <message>
        <source>Mending {}</source>
        <translation>修补 {}</translation>
    </message>
    <message>
        <source>{}: this layer cannot be edited. Save it as a GeoPackage first.</source>
        <translation>{}：该图层不能编辑，请先另存为 GeoPackage。</translation>
    </message>
    <message>
        <source>Mend zones</source>
        <translation>修补分区</translation>
    </message>
    <message>
        <source>{count} zones changed, {area:,.1f} m² given to a zone. Look, then save the layer; Undo takes it back.</source>
        <translation>改动了 {count} 个分区，{area:,.1f} m² 归入相应分区。核对后请保存图层；“撤销”可恢复。</translation>
    </message>
    <message>
        <source>Taken back. Check again.</source>
        <translation>已撤销，请重新检查。</translation>
    </message>
    <message>
        <source>No zone was drawn or moved since the last save: nothing to sign.</source>
        <translation>上次保存以来没有勾绘或移动分区，无需签署。</translation>
    </message>
    <message>
        <source>A signature needs a name and a reason.</source>
        <translation>签署需要姓名和理由。</translation>
    </message>
    <message>
        <source>Sign edits</source>
        <translation>签署修改</translation>
    </message>
    <message>
        <source>{count} zones signed.</source>
        <translation>已签署 {count} 个分区。</translation>
    </message>
    <message>
        <source>Choose a layer of zones: polygons with a field &quot;zone&quot;, as the zoning algorithm writes them.</source>
        <translation>请选择分区图层：含字段 zone 的面图层，即“划分三区”算法的输出。</translation>
    </message>
    <message>
        <source>Choose the watershed&apos;s boundary: another polygon layer.</source>
        <translation>请选择小流域边界：另一个面图层。</translation>
    </message>
    <message>
        <source>Check finds gaps, overlaps, land outside the boundary and slivers.</source>
        <translation>检查会找出空隙、重叠、越界和细碎面。</translation>
    </message>
</context>
</TS>
